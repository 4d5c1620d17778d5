SELECT tree_size, edge, checkpoint, recorded_at
FROM log_head
WHERE community_id = CAST(:community_id AS integer)
