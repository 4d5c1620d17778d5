INSERT INTO paper_file (community_id, round_id, content)
VALUES (CAST(:community_id AS integer), CAST(:round_id AS uuid), CAST(:content AS bytea))
