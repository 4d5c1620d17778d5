-- Who could approve what somebody else proposed: co-ordinators and administrators who can show a passkey.
SELECT r.member_id, r.role
FROM member_role r
JOIN member m ON m.community_id = r.community_id AND m.member_id = r.member_id
JOIN LATERAL (
    SELECT 1
    FROM passkey
    WHERE community_id = CAST(:community_id AS integer) AND member_id = r.member_id AND removed_at IS NULL
    LIMIT 1
) p ON true
WHERE r.community_id = CAST(:community_id AS integer) AND r.ended_at IS NULL
    AND r.role IN ('coordinator', 'administrator') AND m.status IN ('active', 'away')
    AND r.member_id <> ALL (CAST(:besides AS uuid[]))
