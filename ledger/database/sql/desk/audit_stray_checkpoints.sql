-- Checkpoints of sizes the log does not have.
SELECT tree_size
FROM checkpoint
WHERE community_id = CAST(:community_id AS integer)
    AND (tree_size IS NULL OR tree_size <= 0 OR tree_size > CAST(:tree_size AS bigint))
LIMIT CAST(:most AS bigint)
