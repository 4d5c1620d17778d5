-- Whether a session still opens to its member, and the role they have now.
SELECT m.member_id, r.role
FROM session s
JOIN member m ON m.community_id = s.community_id AND m.member_id = s.member_id
LEFT JOIN member_role r ON r.community_id = s.community_id AND r.member_id = s.member_id AND r.ended_at IS NULL
WHERE s.community_id = CAST(:community_id AS integer) AND s.session_id = CAST(:session_id AS uuid)
    AND s.ended_at IS NULL AND s.expires_at > CAST(:now AS timestamptz) AND m.status IN ('active', 'away')
