INSERT INTO log_leaf (community_id, leaf_index, leaf_hash, payload)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:leaf_indexes AS bigint[]), CAST(:leaf_hashes AS bytea[]), CAST(:payloads AS bytea[])) AS u
