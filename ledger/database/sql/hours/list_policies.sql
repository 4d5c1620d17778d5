-- A page of the versions of a policy, the newest first.
SELECT version, in_force_from, applied_at, applied_by
FROM policy
WHERE community_id = CAST(:community_id AS integer) AND version < CAST(:below AS integer)
ORDER BY version DESC
LIMIT CAST(:at_most AS integer)
