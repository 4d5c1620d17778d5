SELECT version, in_force_from, source, rules, applied_at, applied_by
FROM policy
WHERE community_id = CAST(:community_id AS integer) AND version = CAST(:version AS integer)
