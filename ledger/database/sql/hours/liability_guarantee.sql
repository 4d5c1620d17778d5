-- What stands on the pots whose newest rule says that they guarantee the credits of others.
SELECT CAST(coalesce(sum(b.balance) FILTER (WHERE b.balance > 0), 0) AS bigint) AS seconds
FROM (
    SELECT DISTINCT ON (account_id) account_id, purpose
    FROM pot_rule
    WHERE community_id = CAST(:community_id AS integer)
    ORDER BY account_id, rule_number DESC
) r
JOIN balance b ON b.community_id = CAST(:community_id AS integer) AND b.account_id = r.account_id
WHERE r.purpose = 'guarantee'
