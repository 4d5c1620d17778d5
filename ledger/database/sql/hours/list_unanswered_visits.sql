-- Visits of a member that were paid and about which they have said nothing yet, the last confirmed first; of the newest 200
-- they gave and as many they received.
SELECT c.claim_id, c.provider_id, c.receiver_id, c.activity, c.service_on, c.recorded_seconds, p.at AS confirmed_at
FROM (
    (SELECT claim_id, provider_id, receiver_id, activity, service_on, recorded_seconds, state, posting_count
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = CAST(:member_id AS uuid)
        AND service_on >= CAST(:since_on AS date)
    ORDER BY service_on DESC
    LIMIT 200)
    UNION ALL
    (SELECT claim_id, provider_id, receiver_id, activity, service_on, recorded_seconds, state, posting_count
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
        AND service_on >= CAST(:since_on AS date)
    ORDER BY service_on DESC
    LIMIT 200)
) c
CROSS JOIN LATERAL (
    SELECT at
    FROM claim_event
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id AND kind IN ('posted', 'corrected')
    ORDER BY event_number
    LIMIT 1
) p
LEFT JOIN LATERAL (
    SELECT answer_id
    FROM well_being
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id
        AND member_id = CAST(:member_id AS uuid)
    OFFSET 0
) w ON true
WHERE (c.state = 'posted' OR c.state = 'disputed' AND c.posting_count > 0)
    AND p.at >= CAST(:confirmed_since AS timestamptz) AND w.answer_id IS NULL
ORDER BY p.at DESC, c.claim_id
LIMIT CAST(:at_most AS integer)
