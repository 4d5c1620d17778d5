-- Single leaves, each with the transfer it names wherever that says it stands, and with its note and its author, for
-- COPY.
SELECT l.leaf_index, l.leaf_hash, l.transfer_id, l.payload, t.leaf_index, t.transfer_id, t.recorded_at,
    t.fingerprint, t.kind, t.service_on, t.reverses_id, t.hold_id, t.note_digest, t.via, t.author_digest,
    n.salt, n.note, a.member_id, a.for_member_id, a.salt
FROM log_leaf l
LEFT JOIN transfer t ON t.community_id = l.community_id AND t.transfer_id = l.transfer_id
LEFT JOIN transfer_note n ON n.community_id = t.community_id AND n.transfer_id = t.transfer_id
LEFT JOIN transfer_author a ON a.community_id = t.community_id AND a.transfer_id = t.transfer_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.leaf_index = ANY (CAST(:leaf_indexes AS bigint[]))
ORDER BY l.leaf_index
