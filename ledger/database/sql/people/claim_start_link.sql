-- Only as long as nobody has founded a community in another way; the invented one is nobody's.
UPDATE start_link
SET used_at = CAST(:now AS timestamptz)
WHERE link_hash = CAST(:link_hash AS bytea) AND used_at IS NULL AND expires_at > CAST(:now AS timestamptz)
    AND NOT EXISTS (SELECT FROM community WHERE slug <> CAST(:invented AS text))
RETURNING link_hash
