-- The names of those who hold these accounts now.
SELECT h.account_id, p.name
FROM account_holder h
JOIN person p ON p.community_id = h.community_id AND p.member_id = h.member_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.account_id = ANY (CAST(:account_ids AS uuid[]))
    AND h.until IS NULL
