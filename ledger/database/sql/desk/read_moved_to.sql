SELECT moved_to
FROM log_head
WHERE community_id = CAST(:community_id AS integer)
