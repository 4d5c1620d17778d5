-- Whom a member gave care to or had it from since a day, as was logged by a moment, the most recent first. What was
-- withdrawn never was. Only who belongs to the community still.
SELECT r.member_id, m.member_number, r.last_on
FROM (
    SELECT c.member_id, max(c.service_on) AS last_on
    FROM (
        SELECT receiver_id AS member_id, service_on
        FROM claim
        WHERE community_id = CAST(:community_id AS integer) AND provider_id = CAST(:member_id AS uuid)
            AND service_on >= CAST(:from_on AS date) AND logged_at <= CAST(:as_of AS timestamptz)
            AND state <> 'withdrawn'
        UNION ALL
        SELECT provider_id, service_on
        FROM claim
        WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
            AND service_on >= CAST(:from_on AS date) AND logged_at <= CAST(:as_of AS timestamptz)
            AND state <> 'withdrawn'
    ) c
    GROUP BY c.member_id
) r
CROSS JOIN LATERAL (
    SELECT member_number
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = r.member_id
        AND status IN ('active', 'away')
    OFFSET 0
) m
ORDER BY r.last_on DESC, m.member_number
