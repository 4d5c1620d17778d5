INSERT INTO log_leaf (community_id, leaf_index, transfer_id, leaf_hash, payload)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:leaf_indexes AS bigint[]), CAST(:transfer_ids AS uuid[]), CAST(:leaf_hashes AS bytea[]),
    CAST(:payloads AS bytea[])) AS u
