-- Members with the open accounts they hold: their own first, then their households'.
SELECT asked.member_id, m.status, m.status_since, m.joined_on, m.frail, u.is_service_user, a.account_ids, a.kinds
FROM unnest(CAST(:member_ids AS uuid[])) AS asked (member_id)
CROSS JOIN LATERAL (
    SELECT status, status_since, joined_on, frail
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = asked.member_id
    OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS is_service_user
    FROM member_class
    WHERE community_id = CAST(:community_id AS integer) AND member_id = asked.member_id AND class = 'service_user'
        AND from_on <= CAST(:today AS date) AND (until_on IS NULL OR until_on >= CAST(:today AS date))
    OFFSET 0
) u
CROSS JOIN LATERAL (
    SELECT array_agg(h.account_id ORDER BY h.since, h.account_id) AS account_ids,
        array_agg(c.kind ORDER BY h.since, h.account_id) AS kinds
    FROM account_holder h
    JOIN account c ON c.community_id = h.community_id AND c.account_id = h.account_id
    JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
    WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = asked.member_id AND h.until IS NULL
        AND NOT b.closed
    OFFSET 0
) a
