INSERT INTO claim_note (community_id, claim_id, note)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:claim_ids AS uuid[]), CAST(:notes AS text[])) AS u
