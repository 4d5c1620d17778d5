-- Every role anybody has or had.
SELECT CAST(member_id AS text) AS member_id, role, CAST(granted_at AS text) AS granted_at,
    CAST(granted_by AS text) AS granted_by, CAST(approved_by AS text) AS approved_by,
    CAST(ended_at AS text) AS ended_at, CAST(ended_by AS text) AS ended_by
FROM member_role
WHERE community_id = CAST(:community_id AS integer)
