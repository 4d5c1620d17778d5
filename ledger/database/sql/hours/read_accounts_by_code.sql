SELECT account_id, code, kind
FROM account
WHERE community_id = CAST(:community_id AS integer) AND code = ANY(CAST(:codes AS text[]))
