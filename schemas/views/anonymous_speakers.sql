-- One row for each speaker of a statement whose speakers are all unnamed. An unnamed person is one human being; an
-- unnamed group, such as two sources of one dispatch, is a speaker too. A statement with one named speaker, or with
-- none, has no row.
--
-- statement_id: The statement.
-- actor_id: The unnamed person, or the group without a name.
SELECT said.statement_id, said.actor_id
FROM statement_parties AS said
JOIN actors ON actors.actor_id = said.actor_id
WHERE said.role = 'speaker'
  AND NOT EXISTS (
    SELECT 1
    FROM statement_parties AS other
    JOIN actors AS named ON named.actor_id = other.actor_id
    WHERE other.statement_id = said.statement_id
      AND other.role = 'speaker'
      AND named.kind <> 'unnamed_person'
      AND NOT (named.kind = 'group' AND named.name IS NULL)
  )
