INSERT INTO claim_overlap (community_id, found_at, claim_id, other_id, kind)
SELECT CAST(:community_id AS integer), CAST(:now AS timestamptz), u.*
FROM unnest(CAST(:claim_ids AS uuid[]), CAST(:other_ids AS uuid[]), CAST(:kinds AS text[])) AS u
