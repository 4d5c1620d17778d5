-- A page of all requests, the latest care first. One that nobody settled in time counts as expired.
SELECT care_request_id, care_on
FROM care_request
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:state AS text) IS NULL OR CAST(:state AS text) = CASE
        WHEN state IN ('open', 'taken') AND expires_at <= CAST(:now AS timestamptz) THEN 'expired' ELSE state END)
    AND (CAST(:from_on AS date) IS NULL OR care_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR care_on <= CAST(:until_on AS date))
    AND (CAST(:after_on AS date) IS NULL
        OR (care_on, care_request_id) < (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY care_on DESC, care_request_id DESC
LIMIT CAST(:at_most AS integer)
