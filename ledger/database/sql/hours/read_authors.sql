-- Which sessions still open to their member, and the role each has now.
SELECT asked.session_id, s.member_id, r.role
FROM unnest(CAST(:session_ids AS uuid[])) AS asked (session_id)
CROSS JOIN LATERAL (
    SELECT member_id
    FROM session
    WHERE community_id = CAST(:community_id AS integer) AND session_id = asked.session_id
        AND ended_at IS NULL AND expires_at > CAST(:now AS timestamptz)
    OFFSET 0
) s
CROSS JOIN LATERAL (
    SELECT member_id
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = s.member_id AND status IN ('active', 'away')
    OFFSET 0
) m
LEFT JOIN LATERAL (
    SELECT role
    FROM member_role
    WHERE community_id = CAST(:community_id AS integer) AND member_id = s.member_id AND ended_at IS NULL
    OFFSET 0
) r ON true
