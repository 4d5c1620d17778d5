UPDATE paper_round
SET state = 'matched', matched_at = CAST(:now AS timestamptz), change_count = change_count + 1,
    from_on = coalesce(from_on, CAST(:from_on AS date)), until_on = coalesce(until_on, CAST(:until_on AS date))
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid) AND ended_at IS NULL
