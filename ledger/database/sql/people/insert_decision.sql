INSERT INTO proposal_decision (community_id, proposal_id, proposed_by, outcome, decided_by, decided_at)
VALUES (CAST(:community_id AS integer), CAST(:proposal_id AS uuid), CAST(:proposed_by AS uuid),
    CAST(:outcome AS text), CAST(:decided_by AS uuid), CAST(:decided_at AS timestamptz))
