-- A block of leaves in the order of the log, for COPY.
SELECT leaf_index, leaf_hash, transfer_id, payload
FROM log_leaf
WHERE community_id = CAST(:community_id AS integer)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:end AS bigint)
ORDER BY leaf_index
