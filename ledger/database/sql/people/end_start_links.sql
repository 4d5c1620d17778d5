DELETE FROM start_link WHERE used_at IS NULL
