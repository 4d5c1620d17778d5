-- Who belongs to the community and has a name that looks as if it had this in it, by number.
SELECT p.member_id, m.member_number
FROM (
    SELECT member_id
    FROM person
    WHERE community_id = CAST(:community_id AS integer) AND strpos(skeleton, CAST(:looks_like AS text)) > 0
        AND member_id <> ALL(CAST(:but_ids AS uuid[]))
    OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT member_number
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = p.member_id
        AND status IN ('active', 'away')
    OFFSET 0
) m
ORDER BY m.member_number
LIMIT CAST(:at_most AS integer)
