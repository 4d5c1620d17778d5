-- The first leaf at or after an index, and when its transfer or its event was recorded.
SELECT l.leaf_index, CAST(coalesce(t.recorded_at, e.recorded_at) AS text) AS recorded_at
FROM log_leaf l
LEFT JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
LEFT JOIN event e ON e.community_id = l.community_id
    AND e.leaf_index = CASE WHEN l.transfer_id IS NULL THEN l.leaf_index END
WHERE l.community_id = CAST(:community_id AS integer) AND l.leaf_index >= CAST(:first AS bigint)
ORDER BY l.leaf_index
LIMIT 1
