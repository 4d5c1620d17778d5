DELETE FROM claim_note
WHERE community_id = CAST(:community_id AS integer) AND claim_id = ANY(CAST(:claim_ids AS uuid[]))
