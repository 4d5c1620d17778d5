DELETE FROM account_secret
WHERE community_id = CAST(:community_id AS integer) AND account_id = ANY (CAST(:account_ids AS uuid[]))
