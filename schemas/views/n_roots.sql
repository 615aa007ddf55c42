-- One row for each record that names a source, with the number of its independent roots (row_roots).
--
-- table_name: The table of the record.
-- record_id: The key of the record.
-- n_roots: How many different roots the record has; empty when none is known, because its chains form a circle.
-- is_certain: False when the record names no document and its source draws on several: it may come from any of them, or
--   from the source itself, and n_roots only gives how many are possible. Empty when n_roots is empty.
SELECT
  table_name,
  record_id,
  NULLIF(COUNT(DISTINCT root_id), 0) AS n_roots,
  CASE
    WHEN COUNT(DISTINCT root_id) = 0 THEN NULL
    WHEN COUNT(DISTINCT root_id) > 1 AND MAX(CASE WHEN basis = 'source' THEN 1 ELSE 0 END) = 1 THEN FALSE
    ELSE TRUE
  END AS is_certain
FROM row_roots
GROUP BY table_name, record_id
