-- Whether anything was decided in a round, or is being decided.
SELECT 1 AS begun
FROM paper_line
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid) AND state <> 'undecided'
LIMIT 1
