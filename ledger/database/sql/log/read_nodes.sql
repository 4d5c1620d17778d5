SELECT node_index, node_hash
FROM log_node
WHERE community_id = CAST(:community_id AS integer) AND level = CAST(:level AS smallint)
    AND node_index >= CAST(:first AS bigint) AND node_index < CAST(:first AS bigint) + CAST(:count AS bigint)
ORDER BY node_index
LIMIT CAST(:count AS bigint)
