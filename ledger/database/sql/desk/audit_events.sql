-- The events of a block of leaves, for COPY.
SELECT leaf_index, event_id, kind, recorded_at, via, author_id, member_id, details, salt, digest
FROM event
WHERE community_id = CAST(:community_id AS integer)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:end AS bigint)
ORDER BY leaf_index
LIMIT CAST(:most AS bigint)
