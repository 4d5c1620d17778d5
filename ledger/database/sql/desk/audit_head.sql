SELECT tree_size, edge, checkpoint, CAST(recorded_at AS text) AS recorded_at, CAST(kept_at AS text) AS kept_at,
    moved_to
FROM log_head
WHERE community_id = CAST(:community_id AS integer)
