-- Everybody who belongs to the community, and those named beside them, by number: the classes they were in on the last day
-- of a range, and of the givers and the receivers among them who had given, or received, no paid care before it.
SELECT m.member_id, m.member_number, m.joined_on,
    m.status IN ('active', 'away') AND m.joined_on <= CAST(:until_on AS date) AS belongs, s.classes,
    u.gives AND g.before IS NULL AS first_given, u.receives AND r.before IS NULL AS first_received
FROM (
    SELECT n.member_id, bool_or(n.gives) AS gives, bool_or(n.receives) AS receives
    FROM (
        SELECT member_id, false AS gives, false AS receives
        FROM member
        WHERE community_id = CAST(:community_id AS integer) AND status IN ('active', 'away')
            AND joined_on <= CAST(:until_on AS date)
        UNION ALL
        SELECT unnest(CAST(:giver_ids AS uuid[])), true, false
        UNION ALL
        SELECT unnest(CAST(:receiver_ids AS uuid[])), false, true
    ) n
    GROUP BY n.member_id
) u
CROSS JOIN LATERAL (
    SELECT member_id, member_number, joined_on, status
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = u.member_id
    OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(class ORDER BY class), '{}') AS classes
    FROM member_class
    WHERE community_id = CAST(:community_id AS integer) AND member_id = u.member_id
        AND from_on <= CAST(:until_on AS date) AND (until_on IS NULL OR until_on >= CAST(:until_on AS date))
    OFFSET 0
) s
LEFT JOIN LATERAL (
    SELECT true AS before
    FROM (
        SELECT claim_id, event_count, recorded_seconds
        FROM claim
        WHERE community_id = CAST(:community_id AS integer) AND provider_id = u.member_id
            AND service_on < CAST(:from_on AS date) AND logged_at < CAST(:as_of AS timestamptz)
            AND u.gives
        ORDER BY service_on DESC
        OFFSET 0
    ) p
    CROSS JOIN LATERAL claim_as_of(
        CAST(:community_id AS integer), p.claim_id, p.event_count, p.recorded_seconds, CAST(:as_of AS timestamptz)
    ) k
    WHERE k.paid
    LIMIT 1
) g ON true
LEFT JOIN LATERAL (
    SELECT true AS before
    FROM (
        SELECT claim_id, event_count, recorded_seconds
        FROM claim
        WHERE community_id = CAST(:community_id AS integer) AND receiver_id = u.member_id
            AND service_on < CAST(:from_on AS date) AND logged_at < CAST(:as_of AS timestamptz)
            AND u.receives
        ORDER BY service_on DESC
        OFFSET 0
    ) p
    CROSS JOIN LATERAL claim_as_of(
        CAST(:community_id AS integer), p.claim_id, p.event_count, p.recorded_seconds, CAST(:as_of AS timestamptz)
    ) k
    WHERE k.paid
    LIMIT 1
) r ON true
ORDER BY m.member_number
