UPDATE session
SET ended_at = CAST(:now AS timestamptz)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND ended_at IS NULL
    AND session_id <> CAST(:besides AS uuid)
