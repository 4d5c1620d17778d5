-- Every claim with each of its steps, and whatever must agree with either: the request that logged it, who held the
-- accounts then, the request for care, and of each step its transfer with author, note and entries.
SELECT c.*, e.event_number, e.kind, CAST(e.at AS text) AS at, e.by_id, e.via, e.for_member_id, e.transfer_id,
    e.credited_seconds AS step_credited, e.paid_seconds AS step_paid, e.payer_account_id,
    t.leaf_index, t.kind AS transfer_kind, CAST(t.service_on AS text) AS transfer_on,
    CAST(t.recorded_at AS text) AS recorded_at, t.reverses_id, t.via AS transfer_via, a.member_id AS author_id,
    a.for_member_id AS author_for_id, n.note AS receipt_note, x.account_ids, x.moved
FROM (
    SELECT c.claim_id, c.provider_id, c.receiver_id, c.activity, CAST(c.service_on AS text) AS service_on,
        CAST(c.from_time AS text) AS from_time, CAST(c.to_time AS text) AS to_time, c.recorded_seconds,
        c.policy_version, c.provider_account_id, c.receiver_account_id, c.care_request_id, c.session_id, c.logged_by,
        c.logged_via, CAST(c.logged_at AS text) AS logged_at, CAST(c.due_at AS text) AS due_at, c.state,
        c.event_count, c.posting_count, c.credited_seconds, c.paid_seconds, m.note,
        r.action, r.refusal, r.fingerprint, CAST(r.answered_at AS text) AS answered_at,
        p.holdings AS provider_holdings, v.holdings AS receiver_holdings,
        q.receiver_id AS asked_for_id, q.activity AS asked_activity, k.takings, q.payer_account_id AS asked_payer_id
    FROM claim c
    LEFT JOIN claim_note m ON m.community_id = c.community_id AND m.claim_id = c.claim_id
    LEFT JOIN request r ON r.community_id = c.community_id AND r.request_id = coalesce(c.session_id, c.claim_id)
    LEFT JOIN care_request q ON q.community_id = c.community_id AND q.care_request_id = c.care_request_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS takings
        FROM care_request_event g
        WHERE g.community_id = c.community_id AND g.care_request_id = c.care_request_id AND g.kind = 'taken'
            AND coalesce(CAST(g.for_member_id AS text), g.by_id) = CAST(c.provider_id AS text)
        OFFSET 0
    ) k
    CROSS JOIN LATERAL (
        SELECT count(*) AS holdings
        FROM account_holder h
        WHERE h.community_id = c.community_id AND h.account_id = c.provider_account_id
            AND h.member_id = c.provider_id AND h.since <= c.logged_at
            AND (h.until IS NULL OR h.until >= c.logged_at)
        OFFSET 0
    ) p
    CROSS JOIN LATERAL (
        SELECT count(*) AS holdings
        FROM account_holder h
        WHERE h.community_id = c.community_id AND h.account_id = c.receiver_account_id
            AND h.member_id = c.receiver_id AND h.since <= c.logged_at
            AND (h.until IS NULL OR h.until >= c.logged_at)
        OFFSET 0
    ) v
    WHERE c.community_id = CAST(:community_id AS integer)
) c
LEFT JOIN claim_event e ON e.community_id = CAST(:community_id AS integer) AND e.claim_id = c.claim_id
LEFT JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.transfer_id = e.transfer_id
LEFT JOIN transfer_author a ON a.community_id = t.community_id AND a.transfer_id = t.transfer_id
LEFT JOIN transfer_note n ON n.community_id = t.community_id AND n.transfer_id = t.transfer_id
LEFT JOIN LATERAL (
    SELECT array_agg(y.account_id) AS account_ids, array_agg(y.seconds) AS moved
    FROM entry y
    WHERE y.community_id = CAST(:community_id AS integer) AND y.leaf_index = t.leaf_index
    OFFSET 0
) x ON true
ORDER BY c.claim_id, e.event_number
