-- A page of an account's entries, newest first, below an entry number.
SELECT e.entry_number, e.seconds, e.balance_after, e.leaf_index, t.transfer_id, t.kind, t.service_on, t.recorded_at
FROM entry e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
JOIN transfer t ON t.community_id = e.community_id AND t.transfer_id = l.transfer_id
WHERE e.community_id = CAST(:community_id AS integer) AND e.account_id = CAST(:account_id AS uuid)
    AND e.entry_number < CAST(:below AS bigint)
ORDER BY e.entry_number DESC
LIMIT CAST(:at_most AS integer)
