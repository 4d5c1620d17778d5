INSERT INTO session (community_id, session_hash, session_id, member_id, method, device, strong_at, started_at, seen_at,
    expires_at)
VALUES (CAST(:community_id AS integer), CAST(:session_hash AS bytea), CAST(:session_id AS uuid),
    CAST(:member_id AS uuid), CAST(:method AS text), CAST(:device AS text), CAST(:strong_at AS timestamptz),
    CAST(:started_at AS timestamptz), CAST(:now AS timestamptz), CAST(:expires_at AS timestamptz))
