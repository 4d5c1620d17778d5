INSERT INTO dispute (community_id, dispute_id, claim_id, provider_id, receiver_id, event_number, opened_by, opened_side,
    opened_at, deadline_on, claim_state)
VALUES (CAST(:community_id AS integer), CAST(:dispute_id AS uuid), CAST(:claim_id AS uuid), CAST(:provider_id AS uuid),
    CAST(:receiver_id AS uuid), CAST(:event_number AS integer), CAST(:opened_by AS uuid), CAST(:opened_side AS text),
    CAST(:now AS timestamptz), CAST(:deadline_on AS date), CAST(:claim_state AS text))
