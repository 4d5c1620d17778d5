-- Whole transfers by id, an entry a row, with what is needed to show their receipts again. OFFSET 0 keeps a
-- look-up a look-up: without it a new database joins the whole community.
SELECT t.transfer_id, t.leaf_index, t.kind, t.service_on, t.recorded_at, t.reverses_id, t.hold_id, t.fingerprint,
    t.note_digest, n.salt AS note_salt, n.note, t.via, t.author_digest,
    a.member_id AS author_id, a.for_member_id, a.salt AS author_salt, l.payload, e.account_id, e.entry_number, e.seconds,
    e.balance_after, e.digest, s.secret
FROM transfer t
CROSS JOIN LATERAL (
    SELECT payload
    FROM log_leaf
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index
    OFFSET 0
) l
CROSS JOIN LATERAL (
    SELECT account_id, entry_number, seconds, balance_after, digest, place
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index
    OFFSET 0
) e
LEFT JOIN LATERAL (
    SELECT secret
    FROM account_secret
    WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id
    OFFSET 0
) s ON true
LEFT JOIN LATERAL (
    SELECT salt, note
    FROM transfer_note
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.transfer_id
    OFFSET 0
) n ON true
LEFT JOIN LATERAL (
    SELECT member_id, for_member_id, salt
    FROM transfer_author
    WHERE community_id = CAST(:community_id AS integer) AND transfer_id = t.transfer_id
    OFFSET 0
) a ON true
WHERE t.community_id = CAST(:community_id AS integer) AND t.transfer_id = ANY(CAST(:transfer_ids AS uuid[]))
ORDER BY t.leaf_index, e.place
