-- Events at a place where the log has no leaf, or that of a transfer.
SELECT e.event_id, e.leaf_index, e.kind
FROM event e
LEFT JOIN log_leaf l
    ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index AND l.transfer_id IS NULL
WHERE e.community_id = CAST(:community_id AS integer) AND l.leaf_index IS NULL
LIMIT CAST(:most AS bigint)
