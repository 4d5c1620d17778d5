-- Who holds an account now, longest first.
SELECT member_id, since
FROM account_holder
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid) AND until IS NULL
ORDER BY since, member_id
