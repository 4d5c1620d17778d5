INSERT INTO clearance (community_id, clearance_id, member_id, kind, issued_on, expires_on, verified_by, recorded_at)
VALUES (CAST(:community_id AS integer), CAST(:clearance_id AS uuid), CAST(:member_id AS uuid), CAST(:kind AS text),
    CAST(:issued_on AS date), CAST(:expires_on AS date), CAST(:verified_by AS uuid), CAST(:now AS timestamptz))
