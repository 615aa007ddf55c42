-- How many roots does a row have?
WITH asked (table_name, record_id) AS (
  VALUES
    ('statements', 'stm-cn-kr-chip-dialogue'),
    ('statements', 'stm-anon-all-industries'),
    ('statements', 'stm-kr-between-powers'),
    ('stances', 'stc-kr-chip-dialogue-silent')
)
SELECT asked.table_name, asked.record_id, n_roots.n_roots, n_roots.is_certain, row_roots.basis, row_roots.root_id
FROM asked
JOIN n_roots ON n_roots.table_name = asked.table_name AND n_roots.record_id = asked.record_id
JOIN row_roots ON row_roots.table_name = asked.table_name AND row_roots.record_id = asked.record_id
ORDER BY asked.table_name, asked.record_id, row_roots.root_id
