UPDATE log_head
SET tree_size = CAST(:tree_size AS bigint), edge = CAST(:edge AS bytea), checkpoint = CAST(:checkpoint AS text),
    recorded_at = CAST(:recorded_at AS timestamptz), kept_at = CAST(:kept_at AS timestamptz)
WHERE community_id = CAST(:community_id AS integer)
