INSERT INTO import_match (community_id, system, number, account_id, member_id)
SELECT CAST(:community_id AS integer), CAST(:system AS text), u.*
FROM unnest(CAST(:numbers AS text[]), CAST(:account_ids AS uuid[]), CAST(:member_ids AS uuid[])) AS u
ON CONFLICT (community_id, system, number) DO NOTHING
