UPDATE log_head
SET moved_to = CAST(:moved_to AS text)
WHERE community_id = CAST(:community_id AS integer)
