SELECT in_force_from, rules
FROM policy
WHERE community_id = CAST(:community_id AS integer) AND version > CAST(:after AS integer)
ORDER BY version
