-- The requests among these for which a visit was logged that is neither paid nor given up.
SELECT DISTINCT care_request_id
FROM claim
WHERE community_id = CAST(:community_id AS integer)
    AND care_request_id = ANY(CAST(:care_request_ids AS uuid[])) AND state IN ('submitted', 'disputed')
