-- Accounts by id, as they stand. A hold past its deadline no longer counts. OFFSET 0 keeps a look-up a look-up.
SELECT a.account_id, a.kind, a.code, a.peer_slug, a.opened_at, n.name, b.balance, b.floor, b.ceiling,
    b.entry_count, b.limits_count, b.closed, b.held - coalesce(late.seconds, 0) AS held
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
CROSS JOIN LATERAL (
    SELECT account_id, kind, code, peer_slug, opened_at
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) a
CROSS JOIN LATERAL (
    SELECT balance, floor, ceiling, entry_count, limits_count, closed, held
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT name
    FROM account_name
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) n ON true
LEFT JOIN LATERAL (
    SELECT CAST(sum(seconds) AS bigint) AS seconds
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
        AND expires_at <= CAST(:now AS timestamptz)
    OFFSET 0
) late ON true
