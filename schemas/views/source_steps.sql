-- One row for each source and each step of derivation above it, near or far: where its content came from and what was
-- changed in between. All kinds of derivation count, also quotes and summaries.
--
-- source_id: The source that the row is about.
-- copy_id: The text that took content over: the source itself or a text above it.
-- parent_id: The text from which it took that content.
-- derivation: How the copy was made from the parent.
-- drift: What the copy changed in the meaning; empty when nobody has compared the two.
-- drift_note: The change in words.
-- n_above: The number of texts above the copy; the largest number is the step nearest to the source.
WITH RECURSIVE above (source_id, ancestor_id) AS (
  SELECT source_id, parent_source_id
  FROM source_derivations
  UNION
  SELECT above.source_id, step.parent_source_id
  FROM above
  JOIN source_derivations AS step ON step.source_id = above.ancestor_id
),
lines (source_id, copy_id) AS (
  SELECT source_id, source_id
  FROM source_derivations
  UNION
  SELECT source_id, ancestor_id
  FROM above
),
sizes AS (
  SELECT source_id, COUNT(*) AS n_above
  FROM above
  GROUP BY source_id
)
SELECT
  lines.source_id,
  lines.copy_id,
  step.parent_source_id AS parent_id,
  step.derivation,
  step.drift,
  step.drift_note,
  sizes.n_above
FROM lines
JOIN source_derivations AS step ON step.source_id = lines.copy_id
JOIN sizes ON sizes.source_id = lines.copy_id
