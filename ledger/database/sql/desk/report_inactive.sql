-- Active members who have not been heard of since a day, the longest first, a page at a time, with the last day they
-- gave or received care, asked for it or took a request, or gave credits. In one pass over claims, requests and
-- transfers. Whoever never did any of it counts from the day they joined.
SELECT a.member_id, m.member_number, m.joined_on, a.last_on
FROM (
    SELECT u.member_id, max(u.active_on) AS last_on
    FROM (
        SELECT s.member_id, c.service_on AS active_on
        FROM claim c
        CROSS JOIN LATERAL (VALUES (c.provider_id), (c.receiver_id)) AS s (member_id)
        WHERE c.community_id = CAST(:community_id AS integer) AND c.state IN ('submitted', 'posted', 'disputed')
        UNION ALL
        SELECT receiver_id, CAST(asked_at AS date)
        FROM care_request
        WHERE community_id = CAST(:community_id AS integer)
        UNION ALL
        SELECT taken_by, care_on
        FROM care_request
        WHERE community_id = CAST(:community_id AS integer) AND taken_by IS NOT NULL
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
        UNION ALL
        SELECT member_id, NULL
        FROM member
        WHERE community_id = CAST(:community_id AS integer) AND status = 'active'
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
