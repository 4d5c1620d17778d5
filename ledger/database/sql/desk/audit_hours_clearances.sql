-- Every clearance.
SELECT CAST(clearance_id AS text) AS clearance_id, CAST(member_id AS text) AS member_id, kind,
    CAST(issued_on AS text) AS issued_on, CAST(expires_on AS text) AS expires_on,
    CAST(verified_by AS text) AS verified_by, CAST(recorded_at AS text) AS recorded_at,
    CAST(revoked_at AS text) AS revoked_at, CAST(revoked_by AS text) AS revoked_by
FROM clearance
WHERE community_id = CAST(:community_id AS integer)
