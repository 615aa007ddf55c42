-- One row for each product of a policy action, each party that the action hits or exempts, and each stage with the days
-- on which it held for both (stage_intervals). Deprecated actions have no rows. A product or party for which no stage
-- holds, such as one that is exempt from the start, has one row without a stage.
--
-- policy_action_id: The policy action.
-- product_row_id: The product; empty when no product of the action is coded.
-- classification: The list to which product_code belongs; ALL means everything that the act governs, which may be less
--   than all goods.
-- product_code: The code in that list.
-- product_text: The product in words.
-- towards: The jurisdiction that is hit or exempt, or to which the party belongs; WLD for all. Empty when no party is
--   named, or the jurisdiction of the party is not known.
-- actor_id: The party when it is a firm, a body or a group and not a jurisdiction as a whole.
-- standing: Why the party is hit (targeted, inferred, incidental), or excluded or exempt; unnamed for the action as a
--   whole when it names no party that is hit.
-- stage_id: The row of policy_action_stages.
-- stage: The stage.
-- perhaps_from: The first day on which it may have held; empty when that is open.
-- surely_from: The first day on which it certainly held; empty when no day is certain.
-- surely_before: It certainly held on all days from surely_from to the one before this; empty when no stage ended it.
-- perhaps_before: It may have held up to the day before this; empty when no stage certainly ended it.
WITH targets AS (
  SELECT
    party.policy_action_id,
    party.party_row_id,
    COALESCE(party.party_jurisdiction, actors.jurisdiction) AS towards,
    party.actor_id,
    CASE WHEN party.role = 'exempt' THEN 'exempt' ELSE party.affected_basis END AS standing
  FROM policy_action_parties AS party
  LEFT JOIN actors ON actors.actor_id = party.actor_id
  WHERE party.role IN ('affected', 'exempt')
  UNION ALL
  SELECT
    policy_action_id,
    CAST(NULL AS VARCHAR),
    CAST(NULL AS VARCHAR),
    CAST(NULL AS VARCHAR),
    'unnamed'
  FROM policy_actions
  WHERE policy_action_id NOT IN (
    SELECT policy_action_id
    FROM policy_action_parties
    WHERE role = 'affected' AND affected_basis <> 'excluded'
  )
),
staged_products AS (SELECT DISTINCT product_row_id FROM policy_action_stages),
staged_parties AS (SELECT DISTINCT party_row_id FROM policy_action_stages)
SELECT
  action.policy_action_id,
  product.product_row_id,
  product.classification,
  product.product_code,
  product.product_text,
  targets.towards,
  targets.actor_id,
  targets.standing,
  held.stage_id,
  held.stage,
  held.perhaps_from,
  held.surely_from,
  held.surely_before,
  held.perhaps_before
FROM policy_actions AS action
JOIN targets ON targets.policy_action_id = action.policy_action_id
LEFT JOIN policy_action_products AS product ON product.policy_action_id = action.policy_action_id
LEFT JOIN staged_products AS own_product ON own_product.product_row_id = product.product_row_id
LEFT JOIN staged_parties AS own_party ON own_party.party_row_id = targets.party_row_id
LEFT JOIN stage_intervals AS held
  ON held.policy_action_id = action.policy_action_id
  AND (
    held.product_row_id = product.product_row_id
    OR (held.product_row_id IS NULL AND own_product.product_row_id IS NULL)
  )
  AND (
    held.party_row_id = targets.party_row_id
    OR (held.party_row_id IS NULL AND own_party.party_row_id IS NULL)
  )
WHERE action.record_status <> 'deprecated'
