-- An account, whether it is closed, and somebody who holds or held it.
SELECT a.kind, b.closed, h.member_id
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN account_holder h ON h.community_id = a.community_id AND h.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer) AND a.account_id = CAST(:account_id AS uuid)
LIMIT 1
