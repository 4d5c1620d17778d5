SELECT leaf_index AS node_index, leaf_hash AS node_hash
FROM log_leaf
WHERE community_id = CAST(:community_id AS integer)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:first AS bigint) + CAST(:count AS bigint)
ORDER BY leaf_index
LIMIT CAST(:count AS bigint)
