-- The disputes of a claim that had an outcome, the newest first. One that was withdrawn had none.
SELECT dispute_id, outcome, corrected_seconds
FROM dispute
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid)
    AND outcome IN ('upheld', 'corrected', 'reversed')
ORDER BY event_number DESC
