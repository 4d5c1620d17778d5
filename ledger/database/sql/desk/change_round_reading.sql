UPDATE paper_round
SET reading = CAST(:reading AS text), asks = CAST(:asks AS text[]), from_on = CAST(:from_on AS date),
    until_on = CAST(:until_on AS date), state = 'reading', matched_at = NULL, change_count = change_count + 1
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
