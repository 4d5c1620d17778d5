-- The events that say somebody was erased, each behind its leaf, for COPY; one without a leaf says nothing.
SELECT l.leaf_index, l.leaf_hash, l.transfer_id, l.payload, e.leaf_index, e.event_id, e.kind, e.recorded_at, e.via,
    e.author_id, e.member_id, e.details, e.salt, e.digest
FROM event e
JOIN log_leaf l ON l.community_id = e.community_id AND l.leaf_index = e.leaf_index AND l.transfer_id IS NULL
WHERE e.community_id = CAST(:community_id AS integer) AND e.kind = 'member_erased'
