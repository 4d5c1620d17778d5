-- The first leaf at or after an index, and when its transfer was recorded.
SELECT l.leaf_index, CAST(t.recorded_at AS text) AS recorded_at
FROM log_leaf l
LEFT JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.leaf_index >= CAST(:first AS bigint)
ORDER BY l.leaf_index
LIMIT 1
