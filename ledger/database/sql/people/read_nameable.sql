-- Of these members, those who belong to the community and those with whom a member ever had to do: a claim, a request
-- for care, or a transfer between their accounts. Compared as a row, the member leaves the planner no choice but their
-- indexes of claims and requests.
SELECT asked.member_id, m.member_number
FROM unnest(CAST(:member_ids AS uuid[])) AS asked (member_id)
CROSS JOIN LATERAL (
    SELECT member_number, status
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = asked.member_id
    OFFSET 0
) m
WHERE m.status IN ('active', 'away') OR asked.member_id IN (
    SELECT receiver_id
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (CAST(:for_member_id AS uuid), CAST('-infinity' AS date))
        AND (provider_id, service_on) <= (CAST(:for_member_id AS uuid), CAST('infinity' AS date))
    UNION ALL
    SELECT provider_id
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (receiver_id, service_on) >= (CAST(:for_member_id AS uuid), CAST('-infinity' AS date))
        AND (receiver_id, service_on) <= (CAST(:for_member_id AS uuid), CAST('infinity' AS date))
    UNION ALL
    SELECT receiver_id
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer) AND taken_by IS NOT NULL
        AND (taken_by, care_on) >= (CAST(:for_member_id AS uuid), CAST('-infinity' AS date))
        AND (taken_by, care_on) <= (CAST(:for_member_id AS uuid), CAST('infinity' AS date))
    UNION ALL
    SELECT q.taken_by
    FROM (
        SELECT taken_by
        FROM care_request
        WHERE community_id = CAST(:community_id AS integer)
            AND (receiver_id, care_on) >= (CAST(:for_member_id AS uuid), CAST('-infinity' AS date))
            AND (receiver_id, care_on) <= (CAST(:for_member_id AS uuid), CAST('infinity' AS date))
        OFFSET 0
    ) q
    WHERE q.taken_by IS NOT NULL
    UNION ALL
    SELECT h.member_id
    FROM unnest(CAST(:account_ids AS uuid[])) AS own (account_id)
    CROSS JOIN LATERAL (
        SELECT leaf_index
        FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND account_id = own.account_id
        OFFSET 0
    ) o
    CROSS JOIN LATERAL (
        SELECT account_id
        FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = o.leaf_index
        OFFSET 0
    ) e
    CROSS JOIN LATERAL (
        SELECT member_id
        FROM account_holder
        WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id
        OFFSET 0
    ) h
)
ORDER BY m.member_number
