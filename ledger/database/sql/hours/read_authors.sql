-- Which sessions still open to their member, and the role each has now.
SELECT asked.session_id, s.member_id, r.role
FROM unnest(CAST(:session_ids AS uuid[])) AS asked (session_id)
CROSS JOIN LATERAL (
    -- By its key: without OFFSET 0 a new database would rather read all open sessions by their partial index.
    SELECT member_id, ended_at, expires_at
    FROM session
    WHERE community_id = CAST(:community_id AS integer) AND session_id = asked.session_id
    OFFSET 0
) s
CROSS JOIN LATERAL (
    SELECT status
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = s.member_id
    OFFSET 0
) m
LEFT JOIN LATERAL (
    SELECT role
    FROM member_role
    WHERE community_id = CAST(:community_id AS integer) AND member_id = s.member_id AND ended_at IS NULL
    OFFSET 0
) r ON true
WHERE s.ended_at IS NULL AND s.expires_at > CAST(:now AS timestamptz) AND m.status IN ('active', 'away')
