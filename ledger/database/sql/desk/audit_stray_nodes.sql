-- Stored nodes of the tree that it does not have at this size.
SELECT level, node_index
FROM log_node
WHERE community_id = CAST(:community_id AS integer)
    AND (level IS NULL OR node_index IS NULL OR level <= 0 OR level > 56 OR level % 8 <> 0 OR node_index < 0
        OR node_index >= div(CAST(:tree_size AS numeric), CAST(2 AS numeric) ^ level))
LIMIT CAST(:most AS bigint)
