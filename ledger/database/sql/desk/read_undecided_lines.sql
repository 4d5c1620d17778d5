-- The lines of a round that can still be matched.
SELECT line_number, provider_name, receiver_name, service_on, seconds, problem
FROM paper_line
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid) AND state = 'undecided'
ORDER BY line_number
