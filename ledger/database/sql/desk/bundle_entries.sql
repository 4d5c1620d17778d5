-- Every entry in the order of the log, with its account by code: no name, and no id of anybody.
SELECT e.leaf_index, e.place, t.transfer_id, t.kind, t.service_on, CAST(extract(epoch FROM t.recorded_at) AS bigint) AS recorded,
    e.seconds, e.digest, a.code, e.entry_number, e.balance_after
FROM entry e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN account a ON a.community_id = e.community_id AND a.account_id = e.account_id
WHERE e.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index, e.place
