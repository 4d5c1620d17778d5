-- Claims with what a reader is shown of them: the note, the newest transfer, what a dispute corrected, and what they overlap.
SELECT c.claim_id, c.provider_id, c.receiver_id, c.activity, c.service_on, c.from_time, c.to_time,
    c.recorded_seconds, c.policy_version, c.care_request_id, c.session_id, c.logged_by, c.logged_via, c.logged_at,
    c.due_at, c.state, c.credited_seconds, c.paid_seconds, n.note, p.transfer_id, d.corrected_seconds, o.others, o.kinds
FROM unnest(CAST(:claim_ids AS uuid[])) WITH ORDINALITY AS asked (claim_id, place)
CROSS JOIN LATERAL (
    SELECT * FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
    OFFSET 0
) c
LEFT JOIN LATERAL (
    SELECT note FROM claim_note
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
    OFFSET 0
) n ON true
LEFT JOIN LATERAL (
    SELECT e.transfer_id
    FROM (
        SELECT transfer_id, event_number FROM claim_event
        WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
        OFFSET 0
    ) e
    WHERE e.transfer_id IS NOT NULL
    ORDER BY e.event_number DESC
    LIMIT 1
) p ON true
LEFT JOIN LATERAL (
    SELECT corrected_seconds FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id AND outcome = 'corrected'
    ORDER BY event_number DESC
    LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT array_agg(u.other_id) AS others, array_agg(u.kind) AS kinds
    FROM (
        SELECT other_id, kind FROM claim_overlap
        WHERE community_id = CAST(:community_id AS integer) AND claim_id = asked.claim_id
        UNION ALL
        SELECT claim_id, kind FROM claim_overlap
        WHERE community_id = CAST(:community_id AS integer) AND other_id = asked.claim_id
    ) u
) o ON true
ORDER BY asked.place
