-- Every hold: what asked for it, whether it is open, how it ended, and what ended it. Also open holds without a hold.
SELECT coalesce(h.hold_id, o.hold_id) AS hold_id, h.hold_id IS NOT NULL AS is_hold, h.account_id, h.seconds,
    CAST(h.expires_at AS text) AS expires_at, CAST(h.placed_at AS text) AS placed_at,
    placed.action AS placed_action, placed.fingerprint AS placed_fingerprint, placed.refusal AS placed_refusal,
    CAST(placed.answered_at AS text) AS placed_answered_at,
    o.hold_id IS NOT NULL AS is_open, o.account_id AS open_account_id, o.seconds AS open_seconds,
    CAST(o.expires_at AS text) AS open_expires_at,
    r.hold_id IS NOT NULL AS is_resolved, r.outcome, r.resolved_by, CAST(r.resolved_at AS text) AS resolved_at,
    voided.action AS voided_action, voided.fingerprint AS voided_fingerprint, voided.refusal AS voided_refusal,
    CAST(voided.answered_at AS text) AS voided_answered_at,
    t.transfer_id IS NOT NULL AS is_transfer, t.hold_id AS transfer_hold_id,
    CAST(t.recorded_at AS text) AS transfer_recorded_at, e.seconds AS settled_seconds
FROM (SELECT * FROM hold WHERE community_id = CAST(:community_id AS integer)) h
FULL JOIN (SELECT * FROM open_hold WHERE community_id = CAST(:community_id AS integer)) o ON o.hold_id = h.hold_id
LEFT JOIN request placed ON placed.community_id = h.community_id AND placed.request_id = h.hold_id
LEFT JOIN hold_resolution r ON r.community_id = h.community_id AND r.hold_id = h.hold_id
LEFT JOIN request voided ON voided.community_id = r.community_id AND voided.request_id = r.resolved_by
LEFT JOIN transfer t ON t.community_id = r.community_id AND t.transfer_id = r.resolved_by
LEFT JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index AND e.account_id = h.account_id
