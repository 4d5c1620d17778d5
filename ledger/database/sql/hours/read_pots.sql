-- The newest rule of each pot, and what it gave in a month: a row for each member it gave to, or one without.
SELECT asked.account_id, r.eligible, r.monthly_budget, r.member_monthly, s.member_id, s.seconds
FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
LEFT JOIN LATERAL (
    SELECT eligible, monthly_budget, member_monthly
    FROM pot_rule
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
    ORDER BY rule_number DESC
    LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT member_id, seconds
    FROM pot_month
    WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
        AND month = CAST(:month AS date)
    OFFSET 0
) s ON true
