UPDATE balance_assertion
SET withdrawn_at = CAST(:now AS timestamptz), withdrawn_by = CAST(:withdrawn_by AS uuid)
WHERE community_id = CAST(:community_id AS integer) AND assertion_id = CAST(:assertion_id AS uuid)
    AND withdrawn_at IS NULL
