INSERT INTO pot_rule (community_id, account_id, rule_number, purpose, eligible, monthly_budget, member_monthly,
    signature_limit, set_at, set_by)
VALUES (CAST(:community_id AS integer), CAST(:account_id AS uuid), CAST(:rule_number AS integer),
    CAST(:purpose AS text), CAST(:eligible AS text), CAST(:monthly_budget AS bigint), CAST(:member_monthly AS bigint),
    CAST(:signature_limit AS bigint), CAST(:now AS timestamptz), CAST(:set_by AS uuid))
