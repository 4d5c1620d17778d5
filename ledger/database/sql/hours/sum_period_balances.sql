-- What the accounts of each kind stood at together.
SELECT a.kind, count(*) AS accounts, CAST(sum(p.balance) AS bigint) AS balance
FROM period_balance p
JOIN account a ON a.community_id = p.community_id AND a.account_id = p.account_id
WHERE p.community_id = CAST(:community_id AS integer) AND p.closing_number = CAST(:closing_number AS integer)
GROUP BY a.kind
ORDER BY a.kind
