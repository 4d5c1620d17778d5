-- An account with the number of its newest rule as a pot, 0 without one.
SELECT a.kind, b.closed, coalesce(r.rule_number, 0) AS rule_number
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN LATERAL (
    SELECT rule_number
    FROM pot_rule
    WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
    ORDER BY rule_number DESC
    LIMIT 1
) r ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.account_id = CAST(:account_id AS uuid)
