SELECT count(*) AS rows
FROM event
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:first AS bigint) = 0 OR leaf_index >= CAST(:first AS bigint))
