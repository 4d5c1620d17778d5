-- What a pot may be made to give without a second person, by its newest rule; no row while it has none.
SELECT signature_limit
FROM pot_rule
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
ORDER BY rule_number DESC
LIMIT 1
