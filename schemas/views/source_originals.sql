-- One row for each source and each original of it: where the chain of whole copies ends, that is of syndicated,
-- rewritten and translated texts. Who reads a translation and who reads the original have read one document. Quotes and
-- summaries are not followed, since such a text is otherwise its own. Copies that go round in a circle have no row.
--
-- source_id: The source.
-- original_id: The text of which it is a whole copy, or a copy of a copy; the source itself if it is none.
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
