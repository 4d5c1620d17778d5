-- A page of accounts in order of code. OFFSET 0 keeps a look-up a look-up.
SELECT a.account_id, a.kind, a.code, a.peer_slug, a.opened_at, n.name, b.balance, b.floor, b.ceiling,
    b.entry_count, b.limits_count, b.closed, b.held
FROM (
    SELECT account_id, kind, code, peer_slug, opened_at
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND code > CAST(:after AS text)
    ORDER BY code
    LIMIT CAST(:at_most AS integer)
) a
CROSS JOIN LATERAL (
    SELECT balance, floor, ceiling, entry_count, limits_count, closed, held
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT name
    FROM account_name
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
    OFFSET 0
) n ON true
ORDER BY a.code
