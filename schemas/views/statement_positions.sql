-- One row for each statement that is not deprecated, each party to it, and each stance that this party takes to it: the
-- positions at a glance. Parties are those with a role in the statement and those with a stance. A party without a
-- stance has one row in which stance is empty; one with two, silent in its document and qualifying through a remark,
-- has two rows. Several findings of one stance are one row, and n_findings counts them; stances of all days count. Each
-- row repeats the columns about the whole statement, so count statements by DISTINCT statement_id.
--
-- statement_id: The statement.
-- proposition: The content of the statement, in words.
-- speech_act: What the speaker does with the statement.
-- topic: The main subject.
-- said: When it was said, as an EDTF date.
-- party_id: The party.
-- party_name: The name of the party, or how the source describes one that it does not name.
-- party_jurisdiction: The jurisdiction of the party.
-- is_speaker: True when the party said it.
-- is_holder: True when the party is one whose position the statement gives.
-- is_addressee: True when it was said to the party.
-- is_beneficiary: True when the party benefits from it.
-- stance: The stance of the party; empty when nobody has coded that, which is not the same as silent.
-- n_findings: The number of rows of stances that have this stance.
-- stance_roots: The number of different roots of these rows together (row_roots); empty without a stance, and when no
--   root is known.
-- contested: Whether somebody disagrees with the statement (statement_standing).
-- one_sided: Whether only one side affirms the statement on the record (statement_standing).
-- rests_on_anonymous: Whether only unnamed people support the statement (statement_standing).
-- n_roots: The number of roots of the statement (n_roots).
WITH roles AS (
  SELECT
    statement_id,
    actor_id AS party_id,
    MAX(CASE WHEN role = 'speaker' THEN 1 ELSE 0 END) AS speaks,
    MAX(CASE WHEN role = 'holder' THEN 1 ELSE 0 END) AS holds,
    MAX(CASE WHEN role = 'addressee' THEN 1 ELSE 0 END) AS hears,
    MAX(CASE WHEN role = 'beneficiary' THEN 1 ELSE 0 END) AS gains
  FROM statement_parties
  GROUP BY statement_id, actor_id
),
findings AS (
  SELECT
    stances.statement_id,
    stances.party_id,
    stances.stance,
    COUNT(DISTINCT stances.stance_id) AS n_findings,
    NULLIF(COUNT(DISTINCT roots.root_id), 0) AS stance_roots
  FROM stances
  LEFT JOIN row_roots AS roots ON roots.table_name = 'stances' AND roots.record_id = stances.stance_id
  GROUP BY stances.statement_id, stances.party_id, stances.stance
),
parties AS (
  SELECT statement_id, party_id
  FROM roles
  UNION
  SELECT statement_id, party_id
  FROM findings
)
SELECT
  said.statement_id,
  said.proposition,
  said.speech_act,
  said.topic,
  said.said,
  parties.party_id,
  COALESCE(actors.name, actors.described_as) AS party_name,
  actors.jurisdiction AS party_jurisdiction,
  COALESCE(roles.speaks, 0) = 1 AS is_speaker,
  COALESCE(roles.holds, 0) = 1 AS is_holder,
  COALESCE(roles.hears, 0) = 1 AS is_addressee,
  COALESCE(roles.gains, 0) = 1 AS is_beneficiary,
  findings.stance,
  COALESCE(findings.n_findings, 0) AS n_findings,
  findings.stance_roots,
  standing.contested,
  standing.one_sided,
  standing.rests_on_anonymous,
  n_roots.n_roots
FROM statements AS said
JOIN statement_standing AS standing ON standing.statement_id = said.statement_id
JOIN parties ON parties.statement_id = said.statement_id
LEFT JOIN actors ON actors.actor_id = parties.party_id
LEFT JOIN roles ON roles.statement_id = parties.statement_id AND roles.party_id = parties.party_id
LEFT JOIN findings ON findings.statement_id = parties.statement_id AND findings.party_id = parties.party_id
LEFT JOIN n_roots ON n_roots.table_name = 'statements' AND n_roots.record_id = said.statement_id
