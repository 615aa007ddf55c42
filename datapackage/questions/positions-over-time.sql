-- How did a party's line on a topic move over time?
WITH asked (party_id, topic) AS (
  VALUES ('act-kr-government', 'semiconductors')
),
line AS (
  SELECT
    earliest(said.said) AS first_day,
    COALESCE(latest(said.said), latest(origin.published), latest(source.published)) AS last_day,
    said.statement_id AS record_id,
    said.speech_act AS says,
    CASE
      WHEN hidden.statement_id IS NOT NULL THEN 'through unnamed people'
      WHEN voice.statement_id IS NOT NULL AND holder.statement_id IS NULL THEN 'itself, without holding it'
      WHEN voice.statement_id IS NOT NULL THEN 'itself'
      WHEN said.attribution = 'outlet_inference' THEN 'as an outlet tells'
      ELSE 'as another tells'
    END AS how,
    said.proposition
  FROM asked
  JOIN statements AS said ON asked.topic IN (said.topic, said.second_topic) AND said.record_status <> 'deprecated'
  JOIN sources AS source ON source.source_id = said.source_id
  LEFT JOIN sources AS origin ON origin.source_id = said.origin_source_id
  LEFT JOIN (SELECT DISTINCT statement_id, party_id FROM statement_voices) AS voice
    ON voice.statement_id = said.statement_id AND voice.party_id = asked.party_id
  LEFT JOIN statement_parties AS holder
    ON holder.statement_id = said.statement_id AND holder.actor_id = asked.party_id AND holder.role = 'holder'
  LEFT JOIN (SELECT DISTINCT statement_id FROM anonymous_speakers) AS hidden
    ON hidden.statement_id = said.statement_id
  WHERE voice.statement_id IS NOT NULL OR holder.statement_id IS NOT NULL
  UNION ALL
  SELECT
    earliest(stances.as_of),
    latest(stances.as_of),
    stances.stance_id,
    stances.stance,
    CASE
      WHEN hidden.statement_id IS NOT NULL THEN 'through unnamed people'
      WHEN stances.access_basis = 'inspected' THEN 'itself'
      ELSE 'itself, as reported'
    END,
    said.proposition
  FROM asked
  JOIN stances ON stances.party_id = asked.party_id
  JOIN statements AS said
    ON said.statement_id = stances.statement_id
    AND asked.topic IN (said.topic, said.second_topic)
    AND said.record_status <> 'deprecated'
  LEFT JOIN (SELECT DISTINCT statement_id FROM anonymous_speakers) AS hidden
    ON hidden.statement_id = stances.via_statement_id
)
SELECT first_day, last_day, says, how, proposition, record_id
FROM line
ORDER BY last_day, first_day NULLS FIRST, record_id
