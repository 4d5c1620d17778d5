SELECT session_id, method, device, started_at, seen_at, expires_at
FROM session
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND ended_at IS NULL
    AND expires_at > CAST(:now AS timestamptz) AND seen_at > CAST(:idle_since AS timestamptz)
ORDER BY seen_at DESC, session_id
