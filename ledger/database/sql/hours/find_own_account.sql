-- The account a gift to a member goes to: the one an earlier answer to this request gave to, whoever holds it now,
-- else the member's own, an open one before a closed one.
SELECT h.account_id
FROM (
    SELECT 0 AS place, p.account_id, p.since
    FROM (
        SELECT leaf_index
        FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND transfer_id = CAST(:transfer_id AS uuid)
        OFFSET 0
    ) t
    CROSS JOIN LATERAL (
        SELECT account_id
        FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index AND seconds > 0
        OFFSET 0
    ) e
    CROSS JOIN LATERAL (
        SELECT account_id, since
        FROM account_holder
        WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id
            AND member_id = CAST(:member_id AS uuid)
        OFFSET 0
    ) p
    UNION ALL
    SELECT 1 AS place, account_id, since
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND until IS NULL
) h
CROSS JOIN LATERAL (
    SELECT 1
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = h.account_id AND kind = 'member'
    OFFSET 0
) a
CROSS JOIN LATERAL (
    SELECT closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = h.account_id
    OFFSET 0
) b
ORDER BY h.place, b.closed, h.since, h.account_id
LIMIT 1
