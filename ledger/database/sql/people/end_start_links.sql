UPDATE start_link SET used_at = CAST(:now AS timestamptz) WHERE used_at IS NULL
