INSERT INTO period_node (community_id, closing_number, level, node_index, node_hash)
SELECT CAST(:community_id AS integer), CAST(:closing_number AS integer), u.*
FROM unnest(CAST(:levels AS smallint[]), CAST(:indexes AS integer[]), CAST(:hashes AS bytea[])) AS u
