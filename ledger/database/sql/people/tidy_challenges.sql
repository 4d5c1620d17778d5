DELETE FROM challenge
WHERE community_id = CAST(:community_id AS integer) AND expires_at < CAST(:before AS timestamptz)
