SELECT round_id, state, change_count, source, file_name, file_hash, file_size, asked, from_on, until_on, reading, asks,
    made_at, made_by, matched_at, ended_at, ended_by, totals
FROM paper_round
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
