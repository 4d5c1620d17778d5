UPDATE delegation
SET ended_at = CAST(:ended_at AS timestamptz), ended_by = CAST(:ended_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND delegation_id = CAST(:delegation_id AS uuid)
    AND ended_at IS NULL
