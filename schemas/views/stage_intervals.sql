-- One row for each stage of a policy action that is not deprecated, in each part of its scope, with the days on which
-- that stage held. Parts are the products and parties that some stage of the action singles out, and the rest; a stage
-- without a scope holds for every part. If a part has an announced or in_force of its own, that one counts, not the one
-- of the whole. The stage amended changes what a measure says and not whether it applies, so it has no row.
--
-- Which stage ends which: considered, threatened, investigated and announced end when a stage follows that is further
-- on (announced; in_force and all after it), even one dated earlier, as with retroactive measures; one that certainly
-- comes after removed or never_implemented is current again. in_force and resumed end with suspended, removed or
-- never_implemented; suspended ends with resumed, removed and the like; removed ends only with a later start. These go
-- by date; where the dates overlap, in_force comes before suspended and resumed, and removed comes last; of suspended
-- and resumed the order is then unknown. Threatened and investigated do not end each other. A stage that was overtaken
-- on its first day has no row. A date with ~ or ? is never certain: it counts as open at both ends. The view does not
-- know today's date: a stage may begin on a day in the future.
--
-- policy_action_id: The policy action.
-- product_row_id: The product that a stage singles out; empty for all products that none does.
-- party_row_id: The party that a stage singles out; empty for all parties that none does.
-- stage_id: The row of policy_action_stages.
-- stage: The stage.
-- perhaps_from: The first day on which it may have held; empty when that is open.
-- surely_from: The first day on which it certainly held; empty when no day is certain.
-- surely_before: It certainly held on all days from surely_from to the one before this; empty when no stage ended it.
-- perhaps_before: It may have held up to the day before this; empty when no stage certainly ended it.
-- is_last: True when no other stage can have ended it.
WITH courses (stage, state, step) AS (
  VALUES
    ('considered', 'proposed', 1),
    ('threatened', 'proposed', 1),
    ('investigated', 'proposed', 1),
    ('announced', 'announced', 2),
    ('in_force', 'on', 3),
    ('suspended', 'paused', 4),
    ('resumed', 'on', 4),
    ('removed', 'ended', 5),
    ('never_implemented', 'ended', 5)
),
singled AS (
  SELECT policy_action_id, product_row_id, CAST(NULL AS VARCHAR) AS party_row_id
  FROM policy_action_stages
  WHERE product_row_id IS NOT NULL
  UNION
  SELECT policy_action_id, CAST(NULL AS VARCHAR), party_row_id
  FROM policy_action_stages
  WHERE party_row_id IS NOT NULL
),
product_parts AS (
  SELECT policy_action_id, product_row_id
  FROM singled
  WHERE product_row_id IS NOT NULL
  UNION ALL
  SELECT action.policy_action_id, CAST(NULL AS VARCHAR)
  FROM policy_actions AS action
  WHERE NOT EXISTS (SELECT 1 FROM policy_action_products AS p WHERE p.policy_action_id = action.policy_action_id)
    OR EXISTS (
      SELECT 1
      FROM policy_action_products AS p
      WHERE p.policy_action_id = action.policy_action_id
        AND NOT EXISTS (SELECT 1 FROM singled WHERE singled.product_row_id = p.product_row_id)
    )
),
affected AS (
  SELECT policy_action_id, party_row_id
  FROM policy_action_parties
  WHERE role = 'affected' AND affected_basis <> 'excluded'
),
party_parts AS (
  SELECT policy_action_id, party_row_id
  FROM singled
  WHERE party_row_id IS NOT NULL
  UNION ALL
  SELECT action.policy_action_id, CAST(NULL AS VARCHAR)
  FROM policy_actions AS action
  WHERE NOT EXISTS (SELECT 1 FROM affected WHERE affected.policy_action_id = action.policy_action_id)
    OR EXISTS (
      SELECT 1
      FROM affected
      WHERE affected.policy_action_id = action.policy_action_id
        AND NOT EXISTS (SELECT 1 FROM singled WHERE singled.party_row_id = affected.party_row_id)
    )
),
parts AS (
  SELECT
    action.policy_action_id,
    product_parts.product_row_id,
    party_parts.party_row_id,
    action.policy_action_id || '|' || COALESCE(product_parts.product_row_id, '') || '|'
      || COALESCE(party_parts.party_row_id, '') AS part
  FROM policy_actions AS action
  JOIN product_parts ON product_parts.policy_action_id = action.policy_action_id
  JOIN party_parts ON party_parts.policy_action_id = action.policy_action_id
  WHERE action.record_status <> 'deprecated'
),
fitting AS (
  SELECT
    parts.part,
    parts.policy_action_id,
    parts.product_row_id,
    parts.party_row_id,
    stages.stage_id,
    stages.stage,
    CASE WHEN stages.product_row_id IS NULL THEN 0 ELSE 1 END AS own_product,
    CASE WHEN stages.party_row_id IS NULL THEN 0 ELSE 1 END AS own_party,
    courses.state,
    courses.step,
    CASE WHEN stages.reached NOT LIKE '%~%' AND stages.reached NOT LIKE '%?%' THEN earliest(stages.reached) END
      AS first_day,
    CASE WHEN stages.reached NOT LIKE '%~%' AND stages.reached NOT LIKE '%?%' THEN latest(stages.reached) END AS last_day
  FROM parts
  JOIN policy_action_stages AS stages ON stages.policy_action_id = parts.policy_action_id
  JOIN courses ON courses.stage = stages.stage
  WHERE (stages.product_row_id IS NULL OR stages.product_row_id = parts.product_row_id)
    AND (stages.party_row_id IS NULL OR stages.party_row_id = parts.party_row_id)
),
reached AS (
  SELECT *
  FROM fitting AS wide
  WHERE wide.stage NOT IN ('announced', 'in_force')
    OR NOT EXISTS (
      SELECT 1
      FROM fitting AS narrow
      WHERE narrow.part = wide.part
        AND narrow.stage = wide.stage
        AND narrow.own_product + narrow.own_party > wide.own_product + wide.own_party
    )
),
ends AS (
  SELECT
    one.part,
    one.stage_id,
    other.first_day,
    other.last_day,
    CASE
      WHEN one.step < 3 AND other.state = 'ended' AND one.first_day > other.last_day THEN 'before'
      WHEN one.step < 3 THEN 'after'
      WHEN other.first_day > one.last_day THEN 'after'
      WHEN one.first_day > other.last_day THEN 'before'
      WHEN other.step > one.step THEN 'after'
      WHEN other.step < one.step THEN 'before'
      ELSE 'unknown'
    END AS comes
  FROM reached AS one
  JOIN reached AS other ON other.part = one.part AND other.stage_id <> one.stage_id
  WHERE (one.step < 3 AND other.step > one.step)
    OR (one.step < 3 AND other.stage = one.stage AND other.first_day > one.last_day)
    OR (one.state = 'on' AND other.state IN ('paused', 'ended'))
    OR (one.state = 'paused' AND other.state IN ('on', 'ended'))
    OR (one.state = 'ended' AND other.state = 'on')
),
bounds AS (
  SELECT
    part,
    stage_id,
    MIN(first_day) AS surely_before,
    MAX(CASE WHEN first_day IS NULL THEN 1 ELSE 0 END) AS never_sure,
    MIN(CASE WHEN comes = 'after' THEN last_day END) AS perhaps_before
  FROM ends
  WHERE comes <> 'before'
  GROUP BY part, stage_id
)
SELECT
  reached.policy_action_id,
  reached.product_row_id,
  reached.party_row_id,
  reached.stage_id,
  reached.stage,
  reached.first_day AS perhaps_from,
  CASE
    WHEN bounds.never_sure = 1 OR bounds.surely_before <= reached.last_day THEN NULL
    ELSE reached.last_day
  END AS surely_from,
  CASE
    WHEN bounds.never_sure = 1 OR bounds.surely_before <= reached.last_day THEN NULL
    WHEN reached.last_day IS NOT NULL THEN bounds.surely_before
  END AS surely_before,
  bounds.perhaps_before,
  CASE WHEN bounds.part IS NULL THEN TRUE ELSE FALSE END AS is_last
FROM reached
LEFT JOIN bounds ON bounds.part = reached.part AND bounds.stage_id = reached.stage_id
WHERE NOT COALESCE(bounds.perhaps_before <= reached.first_day, FALSE)
