SELECT number, account_id, member_id
FROM import_match
WHERE community_id = CAST(:community_id AS integer) AND system = CAST(:system AS text)
