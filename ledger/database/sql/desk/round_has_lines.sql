-- Whether the lines of a round are rows already.
SELECT 1 AS known
FROM paper_line
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
LIMIT 1
