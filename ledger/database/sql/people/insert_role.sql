INSERT INTO member_role (community_id, member_id, role, granted_at, granted_by, approved_by)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:role AS text),
    CAST(:granted_at AS timestamptz), CAST(:granted_by AS uuid), CAST(:approved_by AS uuid))
