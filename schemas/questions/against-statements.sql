-- Who speaks against which statement, and through whom?
WITH against AS (
  SELECT
    stances.statement_id,
    stances.party_id,
    stances.stance AS how,
    CASE WHEN roots.basis = 'person' THEN 'unnamed person' ELSE 'on the record' END AS through,
    roots.root_id
  FROM stances
  JOIN row_roots AS roots ON roots.table_name = 'stances' AND roots.record_id = stances.stance_id
  WHERE stances.stance IN ('denies', 'qualifies', 'reserves')
  UNION
  SELECT link.from_statement_id, NULL, 'contradicted', link.to_statement_id, NULL
  FROM statement_links AS link
  WHERE link.relation = 'contradicts'
  UNION
  SELECT link.to_statement_id, NULL, 'contradicted', link.from_statement_id, NULL
  FROM statement_links AS link
  WHERE link.relation = 'contradicts'
)
SELECT statement_id, how, party_id, through, root_id
FROM against
ORDER BY statement_id, how, through
