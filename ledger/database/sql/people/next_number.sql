SELECT member_number + 1 AS next_number
FROM member
WHERE community_id = CAST(:community_id AS integer)
ORDER BY member_number DESC
LIMIT 1
