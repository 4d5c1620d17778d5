-- Active members who have not been heard of since a day, the longest first, a page at a time, with the last day they
-- gave or received care, asked for it or took a request, or gave credits. A few look-ups for each member, and one pass
-- over the gifts. Whoever never did any of it counts from the day they joined.
SELECT a.member_id, m.member_number, m.joined_on, a.last_on
FROM (
    SELECT u.member_id, max(u.active_on) AS last_on
    FROM (
        SELECT m.member_id, greatest(p.service_on, r.service_on, q.asked_on, k.care_on) AS active_on
        FROM member m
        LEFT JOIN LATERAL (
            SELECT service_on
            FROM claim
            WHERE community_id = CAST(:community_id AS integer) AND provider_id = m.member_id
                AND state IN ('submitted', 'posted', 'disputed')
            ORDER BY service_on DESC
            LIMIT 1
        ) p ON true
        LEFT JOIN LATERAL (
            SELECT service_on
            FROM claim
            WHERE community_id = CAST(:community_id AS integer) AND receiver_id = m.member_id
                AND state IN ('submitted', 'posted', 'disputed')
            ORDER BY service_on DESC
            LIMIT 1
        ) r ON true
        LEFT JOIN LATERAL (
            SELECT CAST(max(asked_at) AS date) AS asked_on
            FROM care_request
            WHERE community_id = CAST(:community_id AS integer) AND receiver_id = m.member_id
        ) q ON true
        LEFT JOIN LATERAL (
            SELECT max(care_on) AS care_on
            FROM care_request
            WHERE community_id = CAST(:community_id AS integer) AND taken_by = m.member_id
        ) k ON true
        WHERE m.community_id = CAST(:community_id AS integer) AND m.status = 'active'
        UNION ALL
        SELECT h.member_id, CAST(t.recorded_at AS date)
        FROM transfer t
        CROSS JOIN LATERAL (
            SELECT account_id
            FROM entry
            WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index AND seconds < 0
            OFFSET 0
        ) e
        CROSS JOIN LATERAL (
            SELECT member_id
            FROM account_holder
            WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id AND until IS NULL
            OFFSET 0
        ) h
        WHERE t.community_id = CAST(:community_id AS integer) AND t.kind = 'gift'
    ) u
    GROUP BY u.member_id
) a
CROSS JOIN LATERAL (
    SELECT member_number, joined_on
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = a.member_id AND status = 'active'
    OFFSET 0
) m
WHERE coalesce(a.last_on, m.joined_on) <= CAST(:through_on AS date)
    AND (CAST(:after_on AS date) IS NULL
        OR (coalesce(a.last_on, m.joined_on), m.member_number) > (CAST(:after_on AS date), CAST(:after_number AS integer)))
ORDER BY coalesce(a.last_on, m.joined_on), m.member_number
LIMIT CAST(:at_most AS integer)
