-- What each gave and received by the paid claims of a range of days, by number, in one pass over what was logged since.
-- Who belongs to the community counts, and who gave or received and has left.
-- Asked for as they were logged and filtered then, claims are read in the order in which they lie in the table.
SELECT k.member_id, m.member_number, CAST(k.given_seconds AS bigint) AS given_seconds,
    CAST(k.received_seconds AS bigint) AS received_seconds
FROM (
    SELECT u.member_id, sum(u.given_seconds) AS given_seconds, sum(u.received_seconds) AS received_seconds
    FROM (
        SELECT s.member_id, s.given_seconds, s.received_seconds
        FROM (
            SELECT claim_id, provider_id, receiver_id, service_on, recorded_seconds, event_count, posting_count,
                state
            FROM claim
            WHERE community_id = CAST(:community_id AS integer) AND logged_at >= CAST(:logged_from AS timestamptz)
            ORDER BY logged_at
            OFFSET 0
        ) c
        LEFT JOIN LATERAL (
            SELECT corrected_seconds
            FROM dispute
            WHERE community_id = CAST(:community_id AS integer) AND claim_id = c.claim_id
                AND outcome = 'corrected' AND c.event_count > 2
            ORDER BY event_number DESC
            LIMIT 1
        ) d ON true
        CROSS JOIN LATERAL (
            VALUES (c.provider_id, coalesce(d.corrected_seconds, c.recorded_seconds), 0),
                (c.receiver_id, 0, coalesce(d.corrected_seconds, c.recorded_seconds))
        ) AS s (member_id, given_seconds, received_seconds)
        WHERE c.service_on >= CAST(:from_on AS date) AND c.service_on <= CAST(:until_on AS date)
            AND (c.state = 'posted' OR c.state = 'disputed' AND c.posting_count > 0)
        UNION ALL
        SELECT member_id, 0, 0
        FROM member
        WHERE community_id = CAST(:community_id AS integer) AND status IN ('active', 'away')
            AND joined_on <= CAST(:until_on AS date)
    ) u
    GROUP BY u.member_id
) k
CROSS JOIN LATERAL (
    SELECT member_number
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = k.member_id
    OFFSET 0
) m
ORDER BY m.member_number
