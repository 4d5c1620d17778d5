-- The claims a member has a part in, each with the group session it was logged in. Compared as a row, the member leaves
-- the planner no choice but their index: in a new database it would take any index of claims for as good.
SELECT claim_id, session_id, receiver_id AS other_id
FROM claim
WHERE community_id = CAST(:community_id AS integer)
    AND (provider_id, service_on) >= (CAST(:member_id AS uuid), CAST('-infinity' AS date))
    AND (provider_id, service_on) <= (CAST(:member_id AS uuid), CAST('infinity' AS date))
UNION ALL
SELECT claim_id, session_id, provider_id AS other_id
FROM claim
WHERE community_id = CAST(:community_id AS integer)
    AND (receiver_id, service_on) >= (CAST(:member_id AS uuid), CAST('-infinity' AS date))
    AND (receiver_id, service_on) <= (CAST(:member_id AS uuid), CAST('infinity' AS date))
