-- One row for each actor and each whole to which it belongs by part_of_actor_id, directly or not: for an agency, its
-- ministry and the government of that ministry. Every actor is also its own whole. Members of groups are not parts.
--
-- actor_id: The actor.
-- whole_id: The actor itself, or an actor that it is a part of.
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
