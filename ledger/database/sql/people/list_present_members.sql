-- Who belongs to the community, by number, a page at a time, some left out.
SELECT member_id, member_number
FROM member
WHERE community_id = CAST(:community_id AS integer) AND member_number > CAST(:after AS integer)
    AND status IN ('active', 'away') AND member_id <> ALL(CAST(:but_ids AS uuid[]))
ORDER BY member_number
LIMIT CAST(:at_most AS integer)
