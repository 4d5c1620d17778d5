UPDATE member_role
SET ended_at = CAST(:now AS timestamptz), ended_by = CAST(:ended_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid) AND ended_at IS NULL
