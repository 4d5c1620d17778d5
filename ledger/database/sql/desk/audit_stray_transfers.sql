-- Transfers that no leaf names.
SELECT t.transfer_id, t.leaf_index
FROM transfer t
LEFT JOIN log_leaf l ON l.community_id = t.community_id AND l.transfer_id = t.transfer_id
WHERE t.community_id = CAST(:community_id AS integer) AND l.transfer_id IS NULL
LIMIT CAST(:most AS bigint)
