-- Worked out here and not in the conflict: the row that is offered there must not be below zero either. Nobody else
-- changes it meanwhile, since the head is locked.
INSERT INTO pot_month (community_id, account_id, month, member_id, seconds)
SELECT CAST(:community_id AS integer), u.account_id, CAST(:month AS date), u.member_id,
    greatest(coalesce(p.seconds, 0) + u.seconds, 0)
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:member_ids AS uuid[]), CAST(:seconds AS bigint[]))
    AS u (account_id, member_id, seconds)
LEFT JOIN LATERAL (
    SELECT seconds
    FROM pot_month
    WHERE community_id = CAST(:community_id AS integer) AND account_id = u.account_id
        AND month = CAST(:month AS date) AND member_id = u.member_id
    OFFSET 0
) p ON true
ON CONFLICT (community_id, account_id, month, member_id) DO UPDATE SET seconds = excluded.seconds
