INSERT INTO account_secret (community_id, account_id, secret)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:secrets AS bytea[])) AS u
