-- One row for each actor and each whole to which it belongs, near or far, by part_of_actor_id: the ministry of an
-- agency and the government of that ministry. Every actor is also its own whole. Members of groups are no parts.
--
-- actor_id: The actor.
-- whole_id: The actor itself, or one of which it is a part.
WITH RECURSIVE belongs (actor_id, whole_id) AS (
  SELECT actor_id, actor_id
  FROM actors
  UNION
  SELECT belongs.actor_id, actors.part_of_actor_id
  FROM belongs
  JOIN actors ON actors.actor_id = belongs.whole_id
  WHERE actors.part_of_actor_id IS NOT NULL
)
SELECT actor_id, whole_id
FROM belongs
