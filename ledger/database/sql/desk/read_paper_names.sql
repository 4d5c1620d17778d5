-- Whom the names of a source mean, as somebody said.
SELECT written, member_id
FROM paper_name
WHERE community_id = CAST(:community_id AS integer) AND source_key = CAST(:source_key AS text)
