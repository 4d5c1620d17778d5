INSERT INTO care_request_note (community_id, care_request_id, area, note)
SELECT CAST(:community_id AS integer), u.care_request_id, CAST(:area AS text), CAST(:note AS text)
FROM unnest(CAST(:care_request_ids AS uuid[])) AS u (care_request_id)
