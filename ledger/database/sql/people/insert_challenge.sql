INSERT INTO challenge (community_id, challenge, purpose, browser_hash, member_id, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:challenge AS bytea), CAST(:purpose AS text),
    CAST(:browser_hash AS bytea), CAST(:member_id AS uuid), CAST(:expires_at AS timestamptz))
