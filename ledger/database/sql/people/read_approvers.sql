-- Who could approve what somebody else proposed, with a role and a passkey to show; and whose role somebody else
-- ended a short while ago, who still count for one who would like to be alone.
SELECT r.member_id, r.role, r.ended_at IS NOT NULL AS ended
FROM member_role r
JOIN member m ON m.community_id = r.community_id AND m.member_id = r.member_id
JOIN LATERAL (
    SELECT 1
    FROM passkey
    WHERE community_id = CAST(:community_id AS integer) AND member_id = r.member_id
        AND (removed_at IS NULL OR r.ended_at IS NOT NULL)
    LIMIT 1
) p ON true
WHERE r.community_id = CAST(:community_id AS integer) AND r.role IN ('coordinator', 'administrator')
    AND (r.ended_at IS NULL AND m.status IN ('active', 'away')
        OR r.ended_at > CAST(:ended_since AS timestamptz) AND r.ended_by IS NOT NULL AND r.ended_by <> r.member_id)
    AND r.member_id <> ALL (CAST(:besides AS uuid[]))
