-- Every request for care with each of its steps, its hold, and the request that asked for it. Those of a series
-- together, in the order of their days.
SELECT q.*, e.event_number, e.kind, CAST(e.at AS text) AS at, e.by_id, e.via, e.for_member_id, e.claim_id,
    v.settled, v.settled_ats
FROM (
    SELECT q.care_request_id, q.series_id, q.receiver_id, q.asked_by, q.asked_via, q.activity,
        CAST(q.care_on AS text) AS care_on, CAST(q.from_time AS text) AS from_time, q.seconds, q.payer_account_id,
        q.hold_id, q.held_seconds, q.policy_version, CAST(q.asked_at AS text) AS asked_at,
        CAST(q.expires_at AS text) AS expires_at, q.state, q.event_count, q.taken_by, n.area, n.note, r.action,
        r.refusal, r.fingerprint, CAST(r.answered_at AS text) AS answered_at, h.account_id AS hold_account_id,
        h.seconds AS hold_seconds, CAST(h.expires_at AS text) AS hold_expires_at, o.holdings,
        coalesce(q.series_id, q.care_request_id) AS first_id
    FROM care_request q
    LEFT JOIN care_request_note n ON n.community_id = q.community_id AND n.care_request_id = q.care_request_id
    LEFT JOIN request r ON r.community_id = q.community_id
        AND r.request_id = coalesce(q.series_id, q.care_request_id)
    LEFT JOIN hold h ON h.community_id = q.community_id AND h.hold_id = q.hold_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS holdings
        FROM account_holder o
        WHERE o.community_id = q.community_id AND o.account_id = q.payer_account_id AND o.member_id = q.receiver_id
            AND o.since <= q.asked_at AND (o.until IS NULL OR o.until >= q.asked_at)
        OFFSET 0
    ) o
    WHERE q.community_id = CAST(:community_id AS integer)
) q
LEFT JOIN care_request_event e ON e.community_id = CAST(:community_id AS integer)
    AND e.care_request_id = q.care_request_id
LEFT JOIN LATERAL (
    SELECT count(*) AS settled, array_agg(CAST(s.at AS text)) AS settled_ats
    FROM claim c
    JOIN claim_event s ON s.community_id = c.community_id AND s.claim_id = c.claim_id
        AND s.kind IN ('posted', 'corrected')
    WHERE c.community_id = CAST(:community_id AS integer) AND c.claim_id = e.claim_id
        AND c.care_request_id = q.care_request_id
    OFFSET 0
) v ON true
ORDER BY q.first_id, q.care_on, q.care_request_id, e.event_number
