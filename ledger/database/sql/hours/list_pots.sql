-- A page of the open pots in order of code: what is in each, its newest rule, and what it gave in a month or has set
-- aside for care in it.
-- A hold past its deadline no longer counts.
SELECT a.account_id, a.code, n.name, b.balance, b.held - coalesce(late.seconds, 0) AS held, r.rule_number, r.purpose,
    r.eligible, r.monthly_budget, r.member_monthly, r.signature_limit, r.set_at, r.set_by,
    coalesce(s.seconds, 0) + coalesce(w.seconds, 0) AS spent_seconds
FROM account a
CROSS JOIN LATERAL (
    SELECT balance, held
    FROM balance
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND NOT closed
    OFFSET 0
) b
LEFT JOIN LATERAL (
    SELECT name
    FROM account_name
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
    OFFSET 0
) n ON true
LEFT JOIN LATERAL (
    SELECT CAST(sum(seconds) AS bigint) AS seconds
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
        AND expires_at <= CAST(:now AS timestamptz)
    OFFSET 0
) late ON true
LEFT JOIN LATERAL (
    SELECT rule_number, purpose, eligible, monthly_budget, member_monthly, signature_limit, set_at, set_by
    FROM pot_rule
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id
    ORDER BY rule_number DESC
    LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT CAST(sum(seconds) AS bigint) AS seconds
    FROM pot_month
    WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id AND month = CAST(:month AS date)
    OFFSET 0
) s ON true
LEFT JOIN LATERAL (
    SELECT CAST(sum(held_seconds) AS bigint) AS seconds
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer) AND payer_account_id = a.account_id
        AND state IN ('open', 'taken') AND hold_id IS NOT NULL AND expires_at > CAST(:now AS timestamptz)
        AND care_on >= CAST(:month AS date) AND care_on < CAST(:month AS date) + interval '1 month'
    OFFSET 0
) w ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.kind = 'pot' AND a.code > CAST(:after AS text)
ORDER BY a.code
LIMIT CAST(:at_most AS integer)
