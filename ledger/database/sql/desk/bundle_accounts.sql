-- Every account by code, with how it stands.
SELECT a.code, a.kind, b.entry_count, b.balance, b.held, b.closed
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer)
ORDER BY a.code COLLATE "C"
