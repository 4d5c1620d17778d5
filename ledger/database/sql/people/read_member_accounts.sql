-- The accounts a member holds now, with their kinds and whether they are closed.
SELECT h.account_id, a.kind, a.code, b.closed
FROM account_holder h
JOIN account a ON a.community_id = h.community_id AND a.account_id = h.account_id
JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = CAST(:member_id AS uuid) AND h.until IS NULL
ORDER BY h.since, a.code
