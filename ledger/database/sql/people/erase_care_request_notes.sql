DELETE FROM care_request_note
WHERE community_id = CAST(:community_id AS integer)
    AND care_request_id = ANY(CAST(:care_request_ids AS uuid[]))
