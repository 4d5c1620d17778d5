-- When the other side withdrew a dispute of a claim last, if it ever did.
SELECT max(resolved_at) AS at
FROM dispute
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid)
    AND outcome = 'withdrawn' AND opened_side <> CAST(:side AS text)
