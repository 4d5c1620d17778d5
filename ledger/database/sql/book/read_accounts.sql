-- The accounts a batch touches, as they stand under the head lock. An erased account has no secret. OFFSET 0 keeps
-- a look-up a look-up: without it a new database joins the whole community, or every account with every other.
SELECT asked.account_id, a.kind, b.balance, b.held, b.floor, b.ceiling, b.entry_count, b.limits_count, b.closed,
    s.secret
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
CROSS JOIN LATERAL (
    SELECT kind
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) a
CROSS JOIN LATERAL (
    SELECT balance, held, floor, ceiling, entry_count, limits_count, closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT secret
    FROM account_secret
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) s ON true
