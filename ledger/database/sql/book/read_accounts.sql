-- The accounts a batch touches, as they stand under the head lock. An erased account has no secret.
SELECT a.account_id, a.kind, b.balance, b.held, b.floor, b.ceiling, b.entry_count, b.limits_count, b.closed,
    s.secret
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
JOIN account a ON a.community_id = CAST(:community_id AS integer) AND a.account_id = asked.account_id
JOIN balance b ON b.community_id = CAST(:community_id AS integer) AND b.account_id = asked.account_id
LEFT JOIN account_secret s ON s.community_id = CAST(:community_id AS integer) AND s.account_id = asked.account_id
