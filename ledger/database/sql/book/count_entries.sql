SELECT entry_count
FROM balance
WHERE community_id = CAST(:community_id AS integer) AND account_id = CAST(:account_id AS uuid)
