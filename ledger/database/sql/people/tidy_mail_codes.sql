DELETE FROM mail_code
WHERE community_id = CAST(:community_id AS integer) AND expires_at < CAST(:before AS timestamptz)
