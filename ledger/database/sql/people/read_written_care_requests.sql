-- The requests for care a member asked for, or took.
SELECT care_request_id, series_id
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
UNION ALL
SELECT care_request_id, series_id
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND taken_by = CAST(:member_id AS uuid)
