-- The whole journal, an entry a row, in the order of posting.
SELECT e.leaf_index AS leaf, CAST(e.place AS integer) AS place, t.kind, t.service_on, t.recorded_at, a.code AS account,
    e.seconds AS moved_seconds, e.balance_after AS balance_after_seconds, e.entry_number, n.note, t.transfer_id, t.reverses_id
FROM entry e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
JOIN account a ON a.community_id = e.community_id AND a.account_id = e.account_id
LEFT JOIN transfer_note n ON n.community_id = t.community_id AND n.transfer_id = t.transfer_id
WHERE e.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index, e.place
