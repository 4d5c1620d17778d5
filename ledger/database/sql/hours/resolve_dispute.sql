UPDATE dispute
SET outcome = CAST(:outcome AS text), resolved_by = CAST(:resolved_by AS uuid),
    resolved_at = CAST(:now AS timestamptz), corrected_seconds = CAST(:corrected_seconds AS bigint)
WHERE community_id = CAST(:community_id AS integer) AND dispute_id = CAST(:dispute_id AS uuid)
