SELECT code
FROM account
WHERE community_id = CAST(:community_id AS integer) AND code = ANY(CAST(:codes AS text[]))
