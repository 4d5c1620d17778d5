-- The accounts with these codes, and whether they are closed.
SELECT a.account_id, a.code, a.kind, b.closed
FROM account a
CROSS JOIN LATERAL (
    SELECT closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
    OFFSET 0
) b
WHERE a.community_id = CAST(:community_id AS integer) AND a.code = ANY(CAST(:codes AS text[]))
