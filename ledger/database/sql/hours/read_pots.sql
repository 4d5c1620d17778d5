-- The newest rule of each pot, and what counts towards a month: what it gave in it, and what it has set aside for care
-- in it that is not over. A row for each member it helps, or one without.
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
    SELECT u.member_id, CAST(sum(u.seconds) AS bigint) AS seconds
    FROM (
        SELECT member_id, seconds
        FROM pot_month
        WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
            AND month = CAST(:month AS date)
        UNION ALL
        SELECT receiver_id, held_seconds
        FROM care_request
        WHERE community_id = CAST(:community_id AS integer) AND payer_account_id = asked.account_id
            AND state IN ('open', 'taken') AND hold_id IS NOT NULL AND expires_at > CAST(:now AS timestamptz)
            AND care_on >= CAST(:month AS date) AND care_on < CAST(:month AS date) + interval '1 month'
    ) u
    GROUP BY u.member_id
    OFFSET 0
) s ON true
