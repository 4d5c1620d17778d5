-- What the head says of policy and periods.
SELECT policy_version, CAST(closed_through AS text) AS closed_through
FROM log_head
WHERE community_id = CAST(:community_id AS integer)
