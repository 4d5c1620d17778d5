SELECT full_at FROM rate_limit WHERE bucket = CAST(:bucket AS bytea)
