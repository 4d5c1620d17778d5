-- Every dispute.
SELECT CAST(dispute_id AS text) AS dispute_id, CAST(claim_id AS text) AS claim_id,
    CAST(provider_id AS text) AS provider_id, CAST(receiver_id AS text) AS receiver_id, event_number,
    CAST(opened_by AS text) AS opened_by, opened_side, CAST(opened_at AS text) AS opened_at,
    CAST(deadline_on AS text) AS deadline_on, claim_state, outcome, CAST(resolved_by AS text) AS resolved_by,
    CAST(resolved_at AS text) AS resolved_at, CAST(corrected_seconds AS text) AS corrected_seconds
FROM dispute
WHERE community_id = CAST(:community_id AS integer)
