-- A run of the stored nodes of a closing's tree.
SELECT node_index, node_hash
FROM period_node
WHERE community_id = CAST(:community_id AS integer) AND closing_number = CAST(:closing_number AS integer)
    AND level = CAST(:level AS smallint) AND node_index >= CAST(:first AS integer)
    AND node_index < CAST(:first AS integer) + CAST(:count AS integer)
ORDER BY node_index
