-- Whole transfers by id, an entry a row, with what is needed to show their receipts again.
SELECT t.transfer_id, t.leaf_index, t.kind, t.service_on, t.recorded_at, t.reverses_id, t.hold_id, t.fingerprint,
    t.note_digest, n.salt AS note_salt, n.note, l.payload, e.account_id, e.entry_number, e.seconds,
    e.balance_after, e.digest, s.secret
FROM unnest(CAST(:transfer_ids AS uuid[])) AS asked (transfer_id)
JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.transfer_id = asked.transfer_id
JOIN log_leaf l ON l.community_id = CAST(:community_id AS integer) AND l.leaf_index = t.leaf_index
JOIN entry e ON e.community_id = CAST(:community_id AS integer) AND e.leaf_index = t.leaf_index
LEFT JOIN transfer_note n ON n.community_id = CAST(:community_id AS integer) AND n.transfer_id = t.transfer_id
LEFT JOIN account_secret s ON s.community_id = CAST(:community_id AS integer) AND s.account_id = e.account_id
ORDER BY t.leaf_index, e.place
