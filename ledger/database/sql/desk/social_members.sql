-- Everybody who belongs to the community, and those named beside them, by number: the classes they were in on the last day
-- of a range, and of the givers and the receivers among them who had given, or received, no paid care before it.
SELECT m.member_id, m.member_number, m.joined_on,
    m.status IN ('active', 'away') AND m.joined_on <= CAST(:until_on AS date) AS belongs, s.classes,
    g.member_id IS NOT NULL AS first_given, r.member_id IS NOT NULL AS first_received
FROM (
    SELECT member_id
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND status IN ('active', 'away')
        AND joined_on <= CAST(:until_on AS date)
    UNION
    SELECT unnest(CAST(:giver_ids AS uuid[]))
    UNION
    SELECT unnest(CAST(:receiver_ids AS uuid[]))
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
LEFT JOIN (
    SELECT w.member_id
    FROM unnest(CAST(:giver_ids AS uuid[])) AS w (member_id)
    WHERE NOT EXISTS (
        SELECT 1
        FROM claim p
        CROSS JOIN LATERAL (
            SELECT kind
            FROM claim_event
            WHERE community_id = CAST(:community_id AS integer) AND claim_id = p.claim_id
                AND at < CAST(:as_of AS timestamptz) AND kind NOT IN ('disputed', 'undisputed', 'upheld')
            ORDER BY event_number DESC
            LIMIT 1
        ) e
        WHERE p.community_id = CAST(:community_id AS integer) AND p.provider_id = w.member_id
            AND p.service_on < CAST(:from_on AS date) AND e.kind IN ('posted', 'corrected')
    )
) g ON g.member_id = u.member_id
LEFT JOIN (
    SELECT w.member_id
    FROM unnest(CAST(:receiver_ids AS uuid[])) AS w (member_id)
    WHERE NOT EXISTS (
        SELECT 1
        FROM claim p
        CROSS JOIN LATERAL (
            SELECT kind
            FROM claim_event
            WHERE community_id = CAST(:community_id AS integer) AND claim_id = p.claim_id
                AND at < CAST(:as_of AS timestamptz) AND kind NOT IN ('disputed', 'undisputed', 'upheld')
            ORDER BY event_number DESC
            LIMIT 1
        ) e
        WHERE p.community_id = CAST(:community_id AS integer) AND p.receiver_id = w.member_id
            AND p.service_on < CAST(:from_on AS date) AND e.kind IN ('posted', 'corrected')
    )
) r ON r.member_id = u.member_id
ORDER BY m.member_number
