-- Every request for care on a day of the range as it stood before a moment: when it was asked, first taken and visited.
SELECT r.care_request_id, r.receiver_id, r.activity, r.care_on, r.asked_at,
    CAST(r.asked_at AT TIME ZONE CAST(:zone AS text) AS date) AS asked_on,
    CAST(extract(epoch FROM t.at - r.asked_at) AS bigint) AS taken_seconds, v.service_on AS visited_on
FROM (
    SELECT care_request_id, receiver_id, activity, care_on, asked_at
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer)
        AND care_on >= CAST(:from_on AS date) AND care_on <= CAST(:until_on AS date)
    OFFSET 0
) r
LEFT JOIN LATERAL (
    SELECT min(at) AS at
    FROM care_request_event
    WHERE community_id = CAST(:community_id AS integer) AND care_request_id = r.care_request_id AND kind = 'taken'
        AND at < CAST(:as_of AS timestamptz)
) t ON true
LEFT JOIN LATERAL (
    SELECT claim_id
    FROM care_request_event
    WHERE community_id = CAST(:community_id AS integer) AND care_request_id = r.care_request_id AND kind = 'settled'
        AND at < CAST(:as_of AS timestamptz)
    ORDER BY event_number DESC
    LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT service_on
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = s.claim_id
    OFFSET 0
) v ON true
WHERE r.asked_at < CAST(:as_of AS timestamptz)
ORDER BY r.care_on, r.care_request_id
