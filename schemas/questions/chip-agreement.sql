-- Did South Korea confirm the chip agreement?
WITH asked (statement_id, party_id) AS (
  VALUES ('stm-cn-kr-chip-dialogue', 'act-kr-government')
)
SELECT
  stances.stance,
  roots.root_id,
  COUNT(CASE WHEN stances.access_basis = 'reported' THEN 1 END) AS n_reported,
  COUNT(CASE WHEN stances.access_basis = 'inspected' THEN 1 END) AS n_inspected,
  COUNT(roots.root_id) OVER (PARTITION BY stances.stance) AS n_roots
FROM asked
JOIN stances ON stances.statement_id = asked.statement_id AND stances.party_id = asked.party_id
JOIN row_roots AS roots ON roots.table_name = 'stances' AND roots.record_id = stances.stance_id
GROUP BY stances.stance, roots.root_id
ORDER BY stances.stance, roots.root_id
