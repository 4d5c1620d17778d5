UPDATE care_request r
SET state = 'settled', event_count = u.event_count
FROM unnest(CAST(:care_request_ids AS uuid[]), CAST(:event_counts AS integer[])) AS u (care_request_id, event_count)
WHERE r.community_id = CAST(:community_id AS integer) AND r.care_request_id = u.care_request_id
    AND r.care_request_id = ANY(CAST(:care_request_ids AS uuid[]))
