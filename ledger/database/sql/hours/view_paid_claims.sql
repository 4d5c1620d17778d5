-- Which of these transfers paid a claim, or took back what had paid it, and whose visit that was.
SELECT asked.transfer_id, c.claim_id, c.provider_id, c.receiver_id, c.activity
FROM unnest(CAST(:transfer_ids AS uuid[])) AS asked (transfer_id)
CROSS JOIN LATERAL (
    SELECT claim_id
    FROM claim_event
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = asked.transfer_id
    OFFSET 0
) e
CROSS JOIN LATERAL (
    SELECT claim_id, provider_id, receiver_id, activity
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = e.claim_id
    OFFSET 0
) c
