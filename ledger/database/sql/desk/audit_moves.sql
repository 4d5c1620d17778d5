-- The event that the log ends with, when it says that the community moved.
SELECT e.details
FROM log_head h
JOIN event e ON e.community_id = h.community_id AND e.leaf_index = h.tree_size - 1
WHERE h.community_id = CAST(:community_id AS integer) AND e.kind = 'community_moved'
