-- A page of the requests that wait for somebody, from a day on, the earliest care first.
SELECT care_request_id, receiver_id, activity, care_on, policy_version
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND state = 'open' AND expires_at > CAST(:now AS timestamptz)
    AND care_on >= CAST(:from_on AS date)
    AND (CAST(:after_on AS date) IS NULL
        OR (care_on, care_request_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY care_on, care_request_id
LIMIT CAST(:at_most AS integer)
