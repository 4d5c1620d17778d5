INSERT INTO log_node (community_id, level, node_index, node_hash)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:levels AS smallint[]), CAST(:node_indexes AS bigint[]), CAST(:node_hashes AS bytea[])) AS u
