-- What one account stood at at a closing, with what its proof is made of.
SELECT b.place, b.balance, b.entry_count, b.digest, s.secret, p.event_id, p.account_count, e.leaf_index, e.via,
    e.details, e.salt, l.payload
FROM period_balance b
JOIN closed_period p ON p.community_id = b.community_id AND p.closing_number = b.closing_number
JOIN event e ON e.community_id = p.community_id AND e.event_id = p.recorded_event_id
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index
LEFT JOIN account_secret s ON s.community_id = b.community_id AND s.account_id = b.account_id
WHERE b.community_id = CAST(:community_id AS integer) AND b.account_id = CAST(:account_id AS uuid)
    AND b.closing_number = CAST(:closing_number AS integer)
