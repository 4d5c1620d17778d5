DELETE FROM paper_file
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
