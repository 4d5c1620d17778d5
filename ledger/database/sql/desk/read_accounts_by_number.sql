-- The own accounts of members, by the members' numbers.
SELECT m.member_number AS number, a.account_id
FROM member m
CROSS JOIN LATERAL (
    SELECT account_id
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND member_id = m.member_id AND until IS NULL
    OFFSET 0
) h
CROSS JOIN LATERAL (
    SELECT account_id
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = h.account_id AND kind = 'member'
    OFFSET 0
) a
WHERE m.community_id = CAST(:community_id AS integer) AND m.member_number = ANY (CAST(:numbers AS integer[]))
