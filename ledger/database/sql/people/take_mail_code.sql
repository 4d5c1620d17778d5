-- Deleted as it is read: a code opens one session.
DELETE FROM mail_code
WHERE community_id = CAST(:community_id AS integer) AND browser_hash = CAST(:browser_hash AS bytea)
    AND code_hash = CAST(:code_hash AS bytea) AND expires_at > CAST(:now AS timestamptz)
RETURNING member_id
