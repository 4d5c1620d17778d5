INSERT INTO account_name (community_id, account_id, name)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:names AS text[])) AS u
