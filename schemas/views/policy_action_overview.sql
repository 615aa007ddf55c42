-- One row for each policy action that is not deprecated, each row of its parties, and each stage that the measure has
-- reached for that party, as far as the rows know (current_stages). An action without parties has rows in which the
-- party is empty, and a party for which no stage is known has one row in which stage is empty. A party has several rows
-- when stages are current together or products have reached different stages; n_stages gives the number, so count
-- actions by DISTINCT policy_action_id. A party that a stage singles out has the stages of its own part; the others
-- that are hit have those of the rest; and those that act, are regulated, gain or are exempt have those of all parts of
-- the action.
--
-- policy_action_id: The policy action.
-- title: The measure, in words.
-- action_kind: The instrument.
-- action_kind_name: The instrument in words.
-- direction: Whether it makes commerce harder or easier.
-- rationale: The aim that the implementing side gives.
-- party_row_id: The row of policy_action_parties; empty when the action has none.
-- role: The role of the party in the measure.
-- affected_basis: Why the party counts as affected.
-- actor_id: The party when it is a firm, a body, a group or a person.
-- jurisdiction: The party when it is a jurisdiction as a whole, and otherwise the one to which the party belongs.
-- jurisdiction_name: The name of that jurisdiction.
-- party_name: The name of the party, or how the source describes one that it does not name.
-- stage: A current stage for the party; empty when none is known.
-- n_stages: How many different stages are current for the party: the rows that it has here.
-- reached: When that stage was reached, as an EDTF date; empty when several rows of policy_action_stages have it.
-- is_certain: True when no other stage can have ended it for any product; empty when stage is empty.
-- n_roots: The number of roots of the action (n_roots).
WITH targets AS (
  SELECT
    party.policy_action_id,
    party.party_row_id,
    CASE WHEN party.role <> 'affected' THEN 'all' WHEN own.party_row_id IS NULL THEN 'rest' ELSE 'own' END AS part
  FROM policy_action_parties AS party
  LEFT JOIN (
    SELECT DISTINCT party_row_id
    FROM policy_action_stages
  ) AS own ON own.party_row_id = party.party_row_id
  UNION ALL
  SELECT policy_action_id, CAST(NULL AS VARCHAR), 'all'
  FROM policy_actions
  WHERE policy_action_id NOT IN (SELECT policy_action_id FROM policy_action_parties)
),
reaching AS (
  SELECT
    targets.policy_action_id,
    targets.party_row_id,
    now.stage,
    CASE WHEN COUNT(DISTINCT now.stage_id) = 1 THEN MIN(stages.reached) END AS reached,
    MIN(CASE WHEN now.is_certain THEN 1 WHEN now.stage IS NOT NULL THEN 0 END) = 1 AS is_certain
  FROM targets
  LEFT JOIN current_stages AS now
    ON now.policy_action_id = targets.policy_action_id
    AND (
      targets.part = 'all'
      OR (targets.part = 'own' AND now.party_row_id = targets.party_row_id)
      OR (targets.part = 'rest' AND now.party_row_id IS NULL)
    )
  LEFT JOIN policy_action_stages AS stages ON stages.stage_id = now.stage_id
  GROUP BY targets.policy_action_id, targets.party_row_id, now.stage
)
SELECT
  action.policy_action_id,
  action.title,
  action.action_kind,
  action_kinds.label AS action_kind_name,
  action.direction,
  action.rationale,
  party.party_row_id,
  party.role,
  party.affected_basis,
  party.actor_id,
  COALESCE(party.party_jurisdiction, actors.jurisdiction) AS jurisdiction,
  jurisdictions.label AS jurisdiction_name,
  COALESCE(actors.name, actors.described_as, jurisdictions.label) AS party_name,
  reaching.stage,
  COUNT(reaching.stage) OVER (PARTITION BY reaching.policy_action_id, reaching.party_row_id) AS n_stages,
  reaching.reached,
  reaching.is_certain,
  n_roots.n_roots
FROM policy_actions AS action
JOIN reaching ON reaching.policy_action_id = action.policy_action_id
LEFT JOIN policy_action_parties AS party ON party.party_row_id = reaching.party_row_id
LEFT JOIN actors ON actors.actor_id = party.actor_id
LEFT JOIN jurisdictions ON jurisdictions.code = COALESCE(party.party_jurisdiction, actors.jurisdiction)
LEFT JOIN action_kinds ON action_kinds.code = action.action_kind
LEFT JOIN n_roots ON n_roots.table_name = 'policy_actions' AND n_roots.record_id = action.policy_action_id
WHERE action.record_status <> 'deprecated'
