-- A claim as it matters for how it was for its two people, with what this one said; `confirmed_at` is when it was paid.
SELECT c.provider_id, c.receiver_id, c.state, c.posting_count, p.at AS confirmed_at, w.visit, w.after, w.answer_id,
    w.answered_at, w.via
FROM (
    SELECT claim_id, provider_id, receiver_id, state, posting_count
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid)
) c
LEFT JOIN LATERAL (
    SELECT at
    FROM claim_event
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id AND kind IN ('posted', 'corrected')
    ORDER BY event_number
    LIMIT 1
) p ON true
LEFT JOIN LATERAL (
    SELECT visit, after, answer_id, answered_at, via
    FROM well_being
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id
        AND member_id = CAST(:member_id AS uuid)
    OFFSET 0
) w ON true
