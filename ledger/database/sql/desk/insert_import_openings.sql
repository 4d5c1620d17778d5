INSERT INTO import_opening (community_id, import_id, account_id, member_id)
SELECT CAST(:community_id AS integer), CAST(:import_id AS uuid), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:member_ids AS uuid[])) AS u
