-- A member's clearances, the one that lasts longest first within each kind.
SELECT clearance_id, member_id, kind, issued_on, expires_on, verified_by, recorded_at, revoked_at, revoked_by
FROM clearance
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
ORDER BY kind, expires_on DESC NULLS FIRST, clearance_id
