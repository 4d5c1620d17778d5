-- Counted before anything is compared, so that no race gives a try more.
UPDATE mail_code
SET tries = tries + 1
WHERE community_id = CAST(:community_id AS integer) AND browser_hash = CAST(:browser_hash AS bytea)
    AND tries < CAST(:most AS integer) AND expires_at > CAST(:now AS timestamptz)
RETURNING code_hash
