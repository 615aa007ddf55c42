-- Which statements are contested, one-sided or rest on an anonymous source?
SELECT statement_id, contested, one_sided, rests_on_anonymous
FROM statement_standing
WHERE contested OR one_sided OR rests_on_anonymous
ORDER BY statement_id
