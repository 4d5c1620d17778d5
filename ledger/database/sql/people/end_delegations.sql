-- All that a member gave and was given.
UPDATE delegation
SET ended_at = CAST(:now AS timestamptz), ended_by = CAST(:ended_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND ended_at IS NULL
    AND (member_id = CAST(:member_id AS uuid) OR delegate_id = CAST(:member_id AS uuid))
RETURNING delegation_id, member_id
