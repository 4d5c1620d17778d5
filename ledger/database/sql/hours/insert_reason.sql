INSERT INTO claim_reason (community_id, claim_id, event_number, reason)
VALUES (CAST(:community_id AS integer), CAST(:claim_id AS uuid), CAST(:event_number AS integer), CAST(:reason AS text))
