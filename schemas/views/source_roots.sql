-- One row for each source and each root of it: a source at which the chains of derivation end. All kinds of derivation
-- are followed, and a text through which another source is known leads to that source, because it must have used it.
-- A source without a derivation is its own root. If somebody reads a source that was known only through another text,
-- nothing changes, as long as source_derivations has the derivation between the two. Chains that form a circle have no
-- end: if all chains of a source do so, it has no row, and its root is unknown.
--
-- source_id: The source.
-- root_id: A source on which it draws, directly or not, and which itself draws on no other; or the source itself.
WITH RECURSIVE steps (source_id, parent_id) AS (
  SELECT source_id, parent_source_id
  FROM source_derivations
  UNION
  SELECT known_through_source_id, source_id
  FROM sources
  WHERE known_through_source_id IS NOT NULL
),
chains (source_id, reached_id) AS (
  SELECT source_id, source_id
  FROM sources
  UNION
  SELECT chains.source_id, steps.parent_id
  FROM chains
  JOIN steps ON steps.source_id = chains.reached_id
)
SELECT chains.source_id, chains.reached_id AS root_id
FROM chains
WHERE NOT EXISTS (SELECT 1 FROM steps WHERE steps.source_id = chains.reached_id)
