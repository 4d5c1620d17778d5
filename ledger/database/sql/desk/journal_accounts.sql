SELECT a.account_id, a.kind, a.code, b.balance
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer)
ORDER BY a.kind, a.code
