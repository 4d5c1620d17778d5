-- Every version of the policy, in order.
SELECT version, CAST(in_force_from AS text) AS in_force_from, source, rules, CAST(applied_at AS text) AS applied_at,
    CAST(applied_by AS text) AS applied_by
FROM policy
WHERE community_id = CAST(:community_id AS integer)
ORDER BY version
