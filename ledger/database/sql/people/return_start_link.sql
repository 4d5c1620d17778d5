UPDATE start_link SET used_at = NULL WHERE link_hash = CAST(:link_hash AS bytea)
