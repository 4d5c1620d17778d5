-- A page of the clearances that end from one day to another, the first to end first: of members who are here still,
-- and only where no other of the same kind lasts longer.
SELECT c.clearance_id, c.member_id, c.kind, c.issued_on, c.expires_on, c.verified_by, c.recorded_at, c.revoked_at,
    c.revoked_by
FROM clearance c
JOIN member m ON m.community_id = c.community_id AND m.member_id = c.member_id
WHERE c.community_id = CAST(:community_id AS integer) AND c.revoked_at IS NULL
    AND c.expires_on BETWEEN CAST(:from_on AS date) AND CAST(:until_on AS date)
    AND m.status NOT IN ('left', 'died')
    AND NOT EXISTS (
        SELECT 1
        FROM clearance o
        WHERE o.community_id = c.community_id AND o.member_id = c.member_id AND o.kind = c.kind
            AND o.revoked_at IS NULL AND (o.expires_on IS NULL OR o.expires_on > c.expires_on)
    )
    AND (CAST(:after_on AS date) IS NULL
        OR (c.expires_on, c.clearance_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY c.expires_on, c.clearance_id
LIMIT CAST(:at_most AS integer)
