-- What was in force, and what was only threatened?
WITH asked (n, classification, product_code, word, country, day) AS (
  VALUES
    (1, 'TEXT', NULL, 'micron', 'USA', '2023-04-30'),
    (2, 'TEXT', NULL, 'micron', 'USA', '2023-05-25'),
    (3, 'TEXT', NULL, 'micron', 'USA', '2023-06-15')
)
SELECT
  asked.n,
  asked.day,
  reach.policy_action_id,
  reach.product_row_id,
  CASE
    WHEN reach.product_code LIKE asked.product_code || '%' OR asked.product_code LIKE reach.product_code || '%'
      THEN 'by code'
    WHEN reach.classification = 'ALL' THEN 'all it governs'
    WHEN reach.product_row_id IS NOT NULL THEN 'in words'
  END AS covered,
  COALESCE(reach.actor_id, reach.towards) AS towards,
  reach.standing,
  reach.stage,
  reach.surely_from <= earliest(asked.day) AND COALESCE(earliest(asked.day) < reach.surely_before, TRUE) AS is_sure,
  CASE
    WHEN reach.policy_action_id IS NULL THEN 'nothing coded'
    WHEN reach.standing IN ('exempt', 'excluded') THEN 'not for this party'
    WHEN reach.stage IN ('in_force', 'resumed')
      AND reach.surely_from <= earliest(asked.day)
      AND COALESCE(earliest(asked.day) < reach.surely_before, TRUE) THEN 'in force'
    WHEN reach.stage IN ('in_force', 'resumed') THEN 'perhaps in force'
    ELSE 'not in force'
  END AS answer
FROM asked
LEFT JOIN measure_reach AS reach
  ON (
    reach.classification = 'ALL'
    OR (
      reach.classification = asked.classification
      AND (reach.product_code LIKE asked.product_code || '%' OR asked.product_code LIKE reach.product_code || '%')
    )
    OR LOWER(reach.product_text) LIKE '%' || asked.word || '%'
  )
  AND (
    reach.towards = asked.country
    OR (
      (reach.towards = 'WLD' OR reach.standing = 'unnamed')
      AND NOT EXISTS (
        SELECT 1
        FROM measure_reach AS spared
        WHERE spared.policy_action_id = reach.policy_action_id
          AND spared.standing IN ('exempt', 'excluded')
          AND spared.towards = asked.country
          AND spared.actor_id IS NULL
      )
    )
  )
  AND COALESCE(reach.perhaps_from <= earliest(asked.day), TRUE)
  AND COALESCE(earliest(asked.day) < reach.perhaps_before, TRUE)
ORDER BY asked.n, reach.policy_action_id, reach.product_row_id, reach.stage
