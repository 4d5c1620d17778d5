-- A page of accounts in order of code.
SELECT a.account_id, a.kind, a.code, a.peer_slug, a.opened_at, n.name, b.balance, b.floor, b.ceiling,
    b.entry_count, b.limits_count, b.closed, b.held
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN account_name n ON n.community_id = a.community_id AND n.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer) AND a.code > CAST(:after AS text)
ORDER BY a.code
LIMIT CAST(:at_most AS integer)
