-- The old secret ends; of two that come at once, one finds nothing to end.
UPDATE session
SET ended_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND session_id = CAST(:session_id AS uuid)
    AND ended_at IS NULL AND expires_at > CAST(:now AS timestamptz)
RETURNING member_id, method, device, started_at, expires_at
