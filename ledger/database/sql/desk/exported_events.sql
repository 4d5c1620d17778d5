-- The whole admin trail.
SELECT e.leaf_index AS leaf, e.recorded_at, e.kind, e.via, e.author_id AS author, p.name AS about, e.member_id AS about_id,
    e.details, e.event_id
FROM event e
LEFT JOIN person p ON p.community_id = e.community_id AND p.member_id = e.member_id
WHERE e.community_id = CAST(:community_id AS integer)
ORDER BY e.leaf_index
