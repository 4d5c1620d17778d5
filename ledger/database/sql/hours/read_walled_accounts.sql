-- The open accounts of members and households that still have a policy's floor, and whose balance another floor
-- does not exclude. A hold past its deadline no longer counts.
SELECT a.account_id, b.ceiling
FROM account a
CROSS JOIN LATERAL (
    SELECT balance, held, ceiling
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND NOT closed
        AND floor = CAST(:old_floor AS bigint)
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT CAST(sum(seconds) AS bigint) AS seconds
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
        AND expires_at <= CAST(:now AS timestamptz)
    OFFSET 0
) late ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household')
    AND b.balance - b.held + coalesce(late.seconds, 0) >= CAST(:new_floor AS bigint)
ORDER BY a.account_id
