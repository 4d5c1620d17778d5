-- Who belongs to the community, by number, a page at a time, some left out.
SELECT m.member_id, m.member_number, p.name
FROM (
    SELECT member_id, member_number
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_number > CAST(:after AS integer)
        AND status IN ('active', 'away') AND member_id <> ALL(CAST(:but_ids AS uuid[]))
    ORDER BY member_number
    LIMIT CAST(:at_most AS integer)
) m
CROSS JOIN LATERAL (
    SELECT name
    FROM person
    WHERE community_id = CAST(:community_id AS integer) AND member_id = m.member_id
    OFFSET 0
) p
ORDER BY m.member_number
