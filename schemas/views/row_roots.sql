-- One row for each record and each of its roots, for the records that name a source: a root is the text, or the unnamed
-- person, from which the record comes in the end. Two records with one root are one witness, however many texts
-- were read. The first of these that applies gives the root: the unnamed people who alone speak the statement, or who
-- alone speak the statement through which a stance is known; the document named in document_source_id (of a stance) or
-- origin_source_id; for a stance, the origin of the statement through which it is known; and otherwise the roots of the
-- source that the coder used. A document is followed up to the text of which it is a whole copy (source_originals) and
-- no further: its quotes are not its own words. A source is followed to the ends of all its chains (source_roots),
-- because the record does not say which of them it uses.
--
-- table_name: The table of the record.
-- record_id: The key of the record.
-- root_id: A source, or an unnamed person or group; empty when the chains form a circle.
-- basis: The kind of the root: person, document, origin or source.
WITH named (table_name, record_id, person_id, start_id, basis) AS (
  SELECT 'actors', actor_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM actors
  UNION ALL
  SELECT 'tenures', tenure_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM tenures
  UNION ALL
  SELECT 'meetings', meeting_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM meetings
  UNION ALL
  SELECT 'statements', statements.statement_id, unnamed.actor_id,
    COALESCE(statements.origin_source_id, statements.source_id),
    CASE
      WHEN unnamed.actor_id IS NOT NULL THEN 'person'
      WHEN statements.origin_source_id IS NULL THEN 'source'
      ELSE 'origin'
    END
  FROM statements
  LEFT JOIN anonymous_speakers AS unnamed ON unnamed.statement_id = statements.statement_id
  UNION ALL
  SELECT 'stances', stances.stance_id, unnamed.actor_id,
    COALESCE(stances.document_source_id, via.origin_source_id, stances.source_id),
    CASE
      WHEN unnamed.actor_id IS NOT NULL THEN 'person'
      WHEN stances.document_source_id IS NOT NULL THEN 'document'
      WHEN via.origin_source_id IS NOT NULL THEN 'origin'
      ELSE 'source'
    END
  FROM stances
  LEFT JOIN anonymous_speakers AS unnamed ON unnamed.statement_id = stances.via_statement_id
  LEFT JOIN statements AS via ON via.statement_id = stances.via_statement_id
  UNION ALL
  SELECT 'policy_actions', policy_action_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM policy_actions
  UNION ALL
  SELECT 'policy_action_stages', stage_id, CAST(NULL AS VARCHAR), source_id, 'source'
  FROM policy_action_stages
  UNION ALL
  SELECT 'trade_flows', trade_flow_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM trade_flows
  UNION ALL
  SELECT 'dependencies', dependency_id, CAST(NULL AS VARCHAR), COALESCE(origin_source_id, source_id),
    CASE WHEN origin_source_id IS NULL THEN 'source' ELSE 'origin' END
  FROM dependencies
)
SELECT named.table_name, named.record_id, named.person_id AS root_id, named.basis
FROM named
WHERE named.basis = 'person'
UNION ALL
SELECT named.table_name, named.record_id, source_originals.original_id, named.basis
FROM named
LEFT JOIN source_originals ON source_originals.source_id = named.start_id
WHERE named.basis IN ('document', 'origin')
UNION ALL
SELECT named.table_name, named.record_id, source_roots.root_id, named.basis
FROM named
LEFT JOIN source_roots ON source_roots.source_id = named.start_id
WHERE named.basis = 'source'
