-- A page of the admin trail, the newest first, between two leaves: the events of one kind.
SELECT leaf_index, event_id, kind, recorded_at, via, author_id, member_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:below AS bigint)
ORDER BY leaf_index DESC
LIMIT CAST(:at_most AS integer)
