-- Every rule a pot has or had.
SELECT CAST(account_id AS text) AS account_id, CAST(rule_number AS text) AS rule_number, purpose, eligible,
    CAST(monthly_budget AS text) AS monthly_budget, CAST(member_monthly AS text) AS member_monthly,
    CAST(signature_limit AS text) AS signature_limit, CAST(set_at AS text) AS set_at, CAST(set_by AS text) AS set_by
FROM pot_rule
WHERE community_id = CAST(:community_id AS integer)
