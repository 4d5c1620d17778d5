DELETE FROM rate_limit WHERE full_at < CAST(:before AS timestamptz)
