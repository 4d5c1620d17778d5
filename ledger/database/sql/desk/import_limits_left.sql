-- Accounts that are open, whose limits an import set wider: what they were, what it made them, what they are.
SELECT m.account_id, a.code, m.floor_before, m.ceiling_before, b.limits_count, b.balance, b.held,
    (b.floor, b.ceiling) IS NOT DISTINCT FROM (m.floor, m.ceiling) AS unchanged
FROM import_limit m
JOIN account a ON a.community_id = m.community_id AND a.account_id = m.account_id
JOIN balance b ON b.community_id = m.community_id AND b.account_id = m.account_id
WHERE m.community_id = CAST(:community_id AS integer) AND m.import_id = CAST(:import_id AS uuid) AND NOT b.closed
ORDER BY a.code
