-- The admin trail from its beginning. Timestamps as text, here and in what is compared with it: the audit must be
-- able to read whatever stands there.
SELECT event_id, leaf_index, kind, CAST(recorded_at AS text) AS recorded_at, via, author_id,
    CAST(member_id AS text) AS member_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer)
ORDER BY leaf_index
