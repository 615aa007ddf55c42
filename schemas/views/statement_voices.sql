-- One row for each statement, each of its named speakers and each party for which that speaker can be taken to speak:
-- the speaker itself, the wholes to which it belongs, and for a person the organisations of the tenures held at the
-- time, with their wholes. A tenure counts unless the statement was certainly made before or after it. Unnamed
-- speakers speak for nobody here.
--
-- statement_id: The statement.
-- speaker_id: The speaker.
-- party_id: The speaker, or a body or government for which it speaks.
WITH seats (statement_id, speaker_id, seat_id) AS (
  SELECT said.statement_id, said.actor_id, said.actor_id
  FROM statement_parties AS said
  WHERE said.role = 'speaker'
  UNION
  SELECT said.statement_id, said.actor_id, tenures.organisation_id
  FROM statement_parties AS said
  JOIN statements ON statements.statement_id = said.statement_id
  JOIN tenures ON tenures.person_id = said.actor_id
  WHERE said.role = 'speaker'
    AND tenures.organisation_id IS NOT NULL
    AND NOT COALESCE(certainly_before(tenures.ended, statements.said), FALSE)
    AND NOT COALESCE(certainly_before(statements.said, tenures.started), FALSE)
)
SELECT DISTINCT seats.statement_id, seats.speaker_id, actor_wholes.whole_id AS party_id
FROM seats
JOIN actors AS speaker ON speaker.actor_id = seats.speaker_id
JOIN actor_wholes ON actor_wholes.actor_id = seats.seat_id
WHERE speaker.kind <> 'unnamed_person'
  AND NOT (speaker.kind = 'group' AND speaker.name IS NULL)
