INSERT INTO log_head (community_id, tree_size, edge, checkpoint, recorded_at, kept_at)
VALUES (CAST(:community_id AS integer), 0, '', CAST(:checkpoint AS text), CAST(:founded_at AS timestamptz),
    CAST(:founded_at AS timestamptz))
