-- The last day on which a member gave or received care, had it written down, or anything moved on these accounts.
-- Compared as a row, the member leaves the planner no choice but their index of claims.
SELECT greatest(m.joined_on, g.service_on, CAST(g.logged_at AS date), r.service_on, CAST(r.logged_at AS date),
    CAST(e.recorded_at AS date)) AS active_on
FROM (
    SELECT member_id, joined_on
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
) m
CROSS JOIN LATERAL (
    SELECT max(service_on) AS service_on, max(logged_at) AS logged_at
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (m.member_id, CAST('-infinity' AS date))
        AND (provider_id, service_on) <= (m.member_id, CAST('infinity' AS date))
    OFFSET 0
) g
CROSS JOIN LATERAL (
    SELECT max(service_on) AS service_on, max(logged_at) AS logged_at
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (receiver_id, service_on) >= (m.member_id, CAST('-infinity' AS date))
        AND (receiver_id, service_on) <= (m.member_id, CAST('infinity' AS date))
    OFFSET 0
) r
CROSS JOIN LATERAL (
    SELECT max(t.recorded_at) AS recorded_at
    FROM unnest(CAST(:account_ids AS uuid[])) AS asked (account_id)
    CROSS JOIN LATERAL (
        SELECT leaf_index
        FROM entry
        WHERE community_id = CAST(:community_id AS integer) AND account_id = asked.account_id
        ORDER BY leaf_index DESC
        LIMIT 1
    ) n
    CROSS JOIN LATERAL (
        SELECT transfer_id
        FROM log_leaf
        WHERE community_id = CAST(:community_id AS integer) AND leaf_index = n.leaf_index
        OFFSET 0
    ) l
    CROSS JOIN LATERAL (
        SELECT recorded_at
        FROM transfer
        WHERE community_id = CAST(:community_id AS integer) AND transfer_id = l.transfer_id
        OFFSET 0
    ) t
) e
