-- Every account of the community as it stands.
SELECT a.account_id, a.kind, a.code, b.balance, b.held, b.floor, b.ceiling, b.entry_count, b.limits_count, b.closed
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer)
