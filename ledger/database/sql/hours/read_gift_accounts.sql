-- Accounts between which credits are given: their kind, what they stand at, what is held of it, and their holders.
SELECT asked.account_id, a.kind, a.code, b.balance, b.closed, h.held, p.member_ids
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
CROSS JOIN LATERAL (
    SELECT kind, code
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) a
CROSS JOIN LATERAL (
    SELECT balance, closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    OFFSET 0
) b
CROSS JOIN LATERAL (
    SELECT CAST(coalesce(sum(seconds), 0) AS bigint) AS held
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
        AND expires_at > CAST(:now AS timestamptz)
    OFFSET 0
) h
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(member_id ORDER BY since, member_id), ARRAY[]::uuid[]) AS member_ids
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id AND until IS NULL
    OFFSET 0
) p
