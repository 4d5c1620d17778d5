-- Members who have not left, by how their names look, each with an open account of their own if there is one.
SELECT m.member_id, m.member_number, p.skeleton, h.account_id
FROM member m
JOIN person p ON p.community_id = m.community_id AND p.member_id = m.member_id
LEFT JOIN LATERAL (
    SELECT h.account_id
    FROM account_holder h
    JOIN account a ON a.community_id = h.community_id AND a.account_id = h.account_id
    JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
    WHERE h.community_id = m.community_id AND h.member_id = m.member_id AND h.until IS NULL
        AND a.kind = 'member' AND NOT b.closed
    ORDER BY h.since, h.account_id
    LIMIT 1
) h ON true
WHERE m.community_id = CAST(:community_id AS integer) AND m.status NOT IN ('left', 'died')
