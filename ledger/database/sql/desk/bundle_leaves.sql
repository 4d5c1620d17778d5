-- Every leaf of the log, as it was hashed.
SELECT payload
FROM log_leaf
WHERE community_id = CAST(:community_id AS integer)
ORDER BY leaf_index
