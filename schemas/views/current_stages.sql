-- One row for each part of the scope of a policy action and each stage that no coded stage has certainly ended: the
-- state of the measure, as far as the rows know. A part has several rows when stages are current together, such as
-- investigated and threatened, or when their order is unknown; is_certain distinguishes these cases. The view does not
-- know today's date: a stage whose first day is in the future is already current. So compare perhaps_from with the day
-- that you ask about, or use stage_intervals.
--
-- policy_action_id: The policy action.
-- product_row_id: The product that a stage singles out; empty for all products that none does.
-- party_row_id: The party that a stage singles out; empty for all parties that none does.
-- stage_id: The row of policy_action_stages.
-- stage: The stage.
-- perhaps_from: The first day on which it may have held; empty when that is open.
-- surely_from: The first day on which it certainly held; empty when no day is certain.
-- is_certain: True when no other stage can have ended it; false when one may have, the dates being too coarse to tell.
SELECT
  policy_action_id,
  product_row_id,
  party_row_id,
  stage_id,
  stage,
  perhaps_from,
  surely_from,
  is_last AS is_certain
FROM stage_intervals
WHERE perhaps_before IS NULL
