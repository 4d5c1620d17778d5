-- How some requests stand after one more event of each.
UPDATE care_request r
SET state = CAST(:state AS text), taken_by = u.taken_by, event_count = u.event_count
FROM unnest(CAST(:care_request_ids AS uuid[]), CAST(:taken_bys AS uuid[]), CAST(:event_counts AS integer[]))
    AS u (care_request_id, taken_by, event_count)
WHERE r.community_id = CAST(:community_id AS integer) AND r.care_request_id = u.care_request_id
    AND r.care_request_id = ANY(CAST(:care_request_ids AS uuid[]))
