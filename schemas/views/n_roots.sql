-- One row for each record that names a source, with the number of its independent roots (row_roots).
--
-- table_name: The table of the record.
-- record_id: The key of the record.
-- n_roots: How many different roots the record has; empty when none is known, because its chains go round in a circle.
-- is_certain: False when the record names no document and its source draws on several: it may rest on any of them, or
--   on the source's own word, and n_roots says only on how many it may rest. Empty when n_roots is.
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
