-- Disputes with the postings they caused: those of the claim's steps from the dispute's own to the next dispute's.
SELECT d.dispute_id, d.claim_id, d.provider_id, d.receiver_id, d.opened_by, d.opened_side, d.opened_at, d.deadline_on,
    d.claim_state, d.outcome, d.resolved_by, d.resolved_at, d.corrected_seconds, c.recorded_seconds, p.transfer_ids
FROM unnest(CAST(:dispute_ids AS uuid[])) WITH ORDINALITY AS asked (dispute_id, place)
CROSS JOIN LATERAL (
    SELECT * FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND dispute_id = asked.dispute_id
    OFFSET 0
) d
CROSS JOIN LATERAL (
    SELECT recorded_seconds FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = d.claim_id
    OFFSET 0
) c
CROSS JOIN LATERAL (
    SELECT min(event_number) AS event_number FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = d.claim_id AND event_number > d.event_number
) n
CROSS JOIN LATERAL (
    SELECT array_agg(transfer_id ORDER BY event_number) AS transfer_ids FROM claim_event
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = d.claim_id AND event_number > d.event_number
        AND (n.event_number IS NULL OR event_number < n.event_number) AND transfer_id IS NOT NULL
        -- What is posted after a dispute was withdrawn, is posted by whoever confirms the claim.
        AND d.outcome <> 'withdrawn'
) p
ORDER BY asked.place
