UPDATE session
SET seen_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND session_hash = CAST(:session_hash AS bytea)
    AND ended_at IS NULL AND seen_at < CAST(:now AS timestamptz)
