SELECT account_id
FROM account
WHERE community_id = CAST(:community_id AS integer) AND code = CAST(:code AS text)
