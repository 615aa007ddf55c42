-- One row for each statement that is not deprecated: its support. Stances of all days count, so the view shows how the
-- statement was received, not the situation today. The numbers count parties, not rows: a second coder who finds the
-- same changes nothing. A party may be counted twice, as silent in its document and as qualifying through a remark.
-- Sides are holders; a holder that is part of another holder is on its side. A side has spoken when one of its holders
-- has a stance in words (affirms, denies, qualifies, reserves) that is on the record, or when a named speaker of the
-- statement speaks for it; it affirms when such a stance affirms, or by speaking, unless the statement is itself a
-- denial, a refusal, a reservation or a refusal to comment. A stance is on the record unless it comes through a
-- statement of unnamed people. Empty means unknown: nobody has checked, or nobody has spoken.
--
-- statement_id: The statement.
-- n_sides: The number of sides that hold the position of the statement.
-- n_affirms: Parties that affirm it.
-- n_denies: Parties that deny it.
-- n_qualifies: Parties that qualify it.
-- n_reserves: Parties that reserve their position.
-- n_silent: Parties whose document does not mention it.
-- n_declines_comment: Parties that refused to speak about it.
-- contested: True when a party, holder or not, denies, reserves or qualifies it, on the record or through unnamed
--   people, or when another statement contradicts it. False when nothing of this is coded and every side has spoken.
--   Otherwise empty: a side that is silent, or whose stance nobody has coded, may disagree.
-- one_sided: True when it has two or more sides, one alone affirms it on the record, and none of the others has
--   spoken on the record. False when it has fewer sides, or another has spoken. Empty when there are two or more
--   sides and none is known to affirm it on the record.
-- rests_on_anonymous: True when only unnamed people speak it; also when no named speaker does and every stance in
--   words comes through unnamed people. Otherwise false.
WITH live AS (
  SELECT statement_id, speech_act, attribution
  FROM statements
  WHERE record_status <> 'deprecated'
),
speakers AS (
  SELECT DISTINCT statement_id
  FROM statement_parties
  WHERE role = 'speaker'
),
anonymous AS (
  SELECT statement_id
  FROM anonymous_speakers
  UNION
  SELECT statement_id
  FROM live
  WHERE attribution IN ('anonymous', 'on_background')
    AND statement_id NOT IN (SELECT statement_id FROM speakers)
),
holders AS (
  SELECT statement_id, actor_id
  FROM statement_parties
  WHERE role = 'holder'
),
sides AS (
  SELECT holders.statement_id, holders.actor_id, side.actor_id AS side_id
  FROM holders
  JOIN actor_wholes ON actor_wholes.actor_id = holders.actor_id
  JOIN holders AS side ON side.statement_id = holders.statement_id AND side.actor_id = actor_wholes.whole_id
  WHERE NOT EXISTS (
    SELECT 1
    FROM actor_wholes AS above
    JOIN holders AS higher ON higher.actor_id = above.whole_id
    WHERE above.actor_id = side.actor_id
      AND above.whole_id <> side.actor_id
      AND higher.statement_id = side.statement_id
  )
),
heard AS (
  SELECT
    stances.statement_id,
    stances.party_id,
    stances.stance,
    CASE WHEN stances.stance IN ('affirms', 'denies', 'qualifies', 'reserves') THEN 1 ELSE 0 END AS in_words,
    CASE WHEN anonymous.statement_id IS NULL THEN 1 ELSE 0 END AS on_record
  FROM stances
  LEFT JOIN anonymous ON anonymous.statement_id = stances.via_statement_id
),
words AS (
  SELECT sides.statement_id, sides.side_id, CASE WHEN heard.stance = 'affirms' THEN 1 ELSE 0 END AS affirms
  FROM sides
  JOIN heard ON heard.statement_id = sides.statement_id AND heard.party_id = sides.actor_id
  WHERE heard.in_words = 1 AND heard.on_record = 1
  UNION ALL
  SELECT
    sides.statement_id,
    sides.side_id,
    CASE WHEN live.speech_act IN ('deny', 'reject', 'reserve', 'decline_comment') THEN 0 ELSE 1 END
  FROM sides
  JOIN live ON live.statement_id = sides.statement_id
  JOIN statement_voices AS voice ON voice.statement_id = sides.statement_id AND voice.party_id = sides.actor_id
),
said_by AS (
  SELECT sides.statement_id, sides.side_id, COUNT(words.affirms) AS n_words, COALESCE(MAX(words.affirms), 0) AS affirms
  FROM sides
  LEFT JOIN words ON words.statement_id = sides.statement_id AND words.side_id = sides.side_id
  GROUP BY sides.statement_id, sides.side_id
),
side_counts AS (
  SELECT
    statement_id,
    COUNT(*) AS n_sides,
    SUM(affirms) AS n_affirming,
    SUM(CASE WHEN n_words = 0 THEN 1 ELSE 0 END) AS n_wordless
  FROM said_by
  GROUP BY statement_id
),
stance_counts AS (
  SELECT
    statement_id,
    COUNT(DISTINCT CASE WHEN stance = 'affirms' THEN party_id END) AS n_affirms,
    COUNT(DISTINCT CASE WHEN stance = 'denies' THEN party_id END) AS n_denies,
    COUNT(DISTINCT CASE WHEN stance = 'qualifies' THEN party_id END) AS n_qualifies,
    COUNT(DISTINCT CASE WHEN stance = 'reserves' THEN party_id END) AS n_reserves,
    COUNT(DISTINCT CASE WHEN stance = 'silent' THEN party_id END) AS n_silent,
    COUNT(DISTINCT CASE WHEN stance = 'declines_comment' THEN party_id END) AS n_declines_comment,
    SUM(in_words * on_record) AS n_open_words,
    SUM(in_words * (1 - on_record)) AS n_hidden_words
  FROM heard
  GROUP BY statement_id
),
contradicted AS (
  SELECT link.from_statement_id AS statement_id
  FROM statement_links AS link
  JOIN live ON live.statement_id = link.to_statement_id
  WHERE link.relation = 'contradicts'
  UNION
  SELECT link.to_statement_id
  FROM statement_links AS link
  JOIN live ON live.statement_id = link.from_statement_id
  WHERE link.relation = 'contradicts'
)
SELECT
  live.statement_id,
  COALESCE(side_counts.n_sides, 0) AS n_sides,
  COALESCE(stance_counts.n_affirms, 0) AS n_affirms,
  COALESCE(stance_counts.n_denies, 0) AS n_denies,
  COALESCE(stance_counts.n_qualifies, 0) AS n_qualifies,
  COALESCE(stance_counts.n_reserves, 0) AS n_reserves,
  COALESCE(stance_counts.n_silent, 0) AS n_silent,
  COALESCE(stance_counts.n_declines_comment, 0) AS n_declines_comment,
  CASE
    WHEN stance_counts.n_denies + stance_counts.n_qualifies + stance_counts.n_reserves > 0 THEN TRUE
    WHEN contradicted.statement_id IS NOT NULL THEN TRUE
    WHEN side_counts.n_wordless = 0 THEN FALSE
  END AS contested,
  CASE
    WHEN COALESCE(side_counts.n_sides, 0) < 2 THEN FALSE
    WHEN side_counts.n_affirming = 0 THEN NULL
    WHEN side_counts.n_affirming = 1 AND side_counts.n_wordless = side_counts.n_sides - 1 THEN TRUE
    ELSE FALSE
  END AS one_sided,
  CASE
    WHEN anonymous.statement_id IS NOT NULL THEN TRUE
    WHEN speakers.statement_id IS NULL AND stance_counts.n_hidden_words > 0 AND stance_counts.n_open_words = 0 THEN TRUE
    ELSE FALSE
  END AS rests_on_anonymous
FROM live
LEFT JOIN speakers ON speakers.statement_id = live.statement_id
LEFT JOIN anonymous ON anonymous.statement_id = live.statement_id
LEFT JOIN side_counts ON side_counts.statement_id = live.statement_id
LEFT JOIN stance_counts ON stance_counts.statement_id = live.statement_id
LEFT JOIN contradicted ON contradicted.statement_id = live.statement_id
