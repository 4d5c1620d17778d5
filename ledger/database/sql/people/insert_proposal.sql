INSERT INTO proposal (community_id, proposal_id, action, body, member_id, proposed_by, proposed_at, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:proposal_id AS uuid), CAST(:action AS text), CAST(:body AS text),
    CAST(:member_id AS uuid), CAST(:proposed_by AS uuid), CAST(:proposed_at AS timestamptz),
    CAST(:expires_at AS timestamptz))
