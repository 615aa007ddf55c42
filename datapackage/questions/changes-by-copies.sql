-- What did a copy of a source change?
WITH asked (statement_id) AS (
  VALUES ('stm-anon-all-industries')
)
SELECT asked.statement_id, step.copy_id, step.parent_id, step.derivation, step.drift, step.drift_note
FROM asked
JOIN statements ON statements.statement_id = asked.statement_id
JOIN source_steps AS step ON step.source_id = statements.source_id
ORDER BY asked.statement_id, step.n_above DESC, step.copy_id, step.parent_id
