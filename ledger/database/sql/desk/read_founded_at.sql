SELECT founded_at
FROM community
WHERE community_id = CAST(:community_id AS integer)
