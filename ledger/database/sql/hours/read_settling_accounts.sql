-- The open accounts a member holds and nobody else who is there still.
SELECT h.account_id
FROM account_holder h
CROSS JOIN LATERAL (
    SELECT closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = h.account_id
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT count(*) AS others
    FROM account_holder o
    JOIN member m ON m.community_id = o.community_id AND m.member_id = o.member_id
    WHERE o.community_id = CAST(:community_id AS integer) AND o.account_id = h.account_id AND o.until IS NULL
        AND o.member_id <> CAST(:member_id AS uuid) AND m.status NOT IN ('left', 'died')
    OFFSET 0
) s ON true
WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = CAST(:member_id AS uuid) AND h.until IS NULL
    AND NOT b.closed AND s.others = 0
ORDER BY h.since, h.account_id
