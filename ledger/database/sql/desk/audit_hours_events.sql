-- What the admin trail says of hours, from its beginning. Timestamps as text, as in what is compared with it.
SELECT event_id, leaf_index, kind, CAST(recorded_at AS text) AS recorded_at, via, author_id,
    CAST(member_id AS text) AS member_id, details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND kind = ANY (CAST(:kinds AS text[]))
ORDER BY leaf_index
