-- A page of what was done to a member's record, the newest first, between two leaves; of one kind when that is asked for.
SELECT leaf_index, event_id, kind, recorded_at, via, author_id, member_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    AND leaf_index >= CAST(:first AS bigint) AND leaf_index < CAST(:below AS bigint)
    AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS text))
ORDER BY leaf_index DESC
LIMIT CAST(:at_most AS integer)
