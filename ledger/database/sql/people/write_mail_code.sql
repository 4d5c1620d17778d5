-- A browser has one code at a time: a new one takes the place of the last.
INSERT INTO mail_code (community_id, browser_hash, code_hash, member_id, tries, expires_at)
VALUES (CAST(:community_id AS integer), CAST(:browser_hash AS bytea), CAST(:code_hash AS bytea),
    CAST(:member_id AS uuid), 0, CAST(:expires_at AS timestamptz))
ON CONFLICT (community_id, browser_hash) DO UPDATE
SET code_hash = excluded.code_hash, member_id = excluded.member_id, tries = 0, expires_at = excluded.expires_at
