-- Every closing of a period.
SELECT closing_number AS closing, through_on, closed_at, tree_size AS leaves, account_count AS accounts,
    encode(root, 'base64') AS root
FROM closed_period
WHERE community_id = CAST(:community_id AS integer)
ORDER BY closing_number
