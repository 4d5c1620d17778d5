-- A page of the requests for some members' care, and of those one member has taken; the latest care first.
SELECT care_request_id, care_on
FROM (
    SELECT care_request_id, care_on, state, expires_at
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = ANY(CAST(:receiver_ids AS uuid[]))
    UNION
    SELECT care_request_id, care_on, state, expires_at
    FROM care_request
    WHERE community_id = CAST(:community_id AS integer) AND taken_by = CAST(:taker_id AS uuid)
        AND taken_by IS NOT NULL
) r
WHERE (CAST(:state AS text) IS NULL OR CAST(:state AS text) = CASE
        WHEN state IN ('open', 'taken') AND expires_at <= CAST(:now AS timestamptz) THEN 'expired' ELSE state END)
    AND (CAST(:from_on AS date) IS NULL OR care_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR care_on <= CAST(:until_on AS date))
    AND (CAST(:after_on AS date) IS NULL
        OR (care_on, care_request_id) < (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY care_on DESC, care_request_id DESC
LIMIT CAST(:at_most AS integer)
