INSERT INTO start_link (link_hash, made_at, expires_at)
VALUES (CAST(:link_hash AS bytea), CAST(:now AS timestamptz), CAST(:expires_at AS timestamptz))
