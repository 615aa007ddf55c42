-- One row for each source and each original of it: where the chain of whole copies ends, that is of syndicated,
-- rewritten and translated texts. Readers of a translation and readers of the original have read one document. Quotes
-- and summaries are not followed, because such a text has content of its own. Copies that form a circle have no row.
--
-- source_id: The source.
-- original_id: The text that it copies completely, directly or not; the source itself if it is not a copy.
WITH RECURSIVE chains (source_id, reached_id) AS (
  SELECT source_id, source_id
  FROM sources
  UNION
  SELECT chains.source_id, copies.parent_source_id
  FROM chains
  JOIN source_derivations AS copies ON copies.source_id = chains.reached_id
  WHERE copies.derivation IN ('syndicated', 'rewritten', 'translated')
)
SELECT chains.source_id, chains.reached_id AS original_id
FROM chains
WHERE NOT EXISTS (
  SELECT 1
  FROM source_derivations AS copies
  WHERE copies.source_id = chains.reached_id AND copies.derivation IN ('syndicated', 'rewritten', 'translated')
)
