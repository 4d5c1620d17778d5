-- The stored nodes of a closing's tree.
SELECT level, node_index, node_hash
FROM period_node
WHERE community_id = CAST(:community_id AS integer) AND closing_number = CAST(:closing_number AS integer)
ORDER BY level, node_index
