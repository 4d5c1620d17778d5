-- The limits an account was opened with.
SELECT floor, ceiling
FROM account_limits
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid) AND change_number = 1
