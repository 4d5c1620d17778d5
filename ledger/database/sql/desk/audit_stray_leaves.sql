-- Leaves that no place in the log holds.
SELECT leaf_index, transfer_id
FROM log_leaf
WHERE community_id = CAST(:community_id AS integer) AND (leaf_index IS NULL OR leaf_index < 0)
LIMIT CAST(:most AS bigint)
