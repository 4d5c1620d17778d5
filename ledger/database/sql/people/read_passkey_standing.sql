-- What decides whether the member of a session may add or remove a passkey; `ever` counts removed ones too.
SELECT s.method, s.started_at, s.strong_at, p.name, r.role, k.ever, k.kept
FROM session s
JOIN person p ON p.community_id = s.community_id AND p.member_id = s.member_id
LEFT JOIN member_role r
    ON r.community_id = s.community_id AND r.member_id = s.member_id AND r.ended_at IS NULL
CROSS JOIN LATERAL (
    SELECT count(*) AS ever, count(*) FILTER (WHERE removed_at IS NULL) AS kept
    FROM passkey
    WHERE community_id = s.community_id AND member_id = s.member_id
) k
WHERE s.community_id = CAST(:community_id AS integer) AND s.session_id = CAST(:session_id AS uuid)
    AND s.member_id = CAST(:member_id AS uuid) AND s.ended_at IS NULL
