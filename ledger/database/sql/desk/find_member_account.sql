-- The account of a member's own, an open one before a closed one.
SELECT a.account_id
FROM member m
JOIN account_holder h ON h.community_id = m.community_id AND h.member_id = m.member_id
JOIN account a ON a.community_id = h.community_id AND a.account_id = h.account_id
JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_number = CAST(:number AS integer)
    AND h.until IS NULL AND a.kind = 'member'
ORDER BY b.closed, h.since, a.account_id
LIMIT 1
