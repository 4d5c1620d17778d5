-- Steps and notes of requests for care that are not there, and requests that asked for care and left none.
SELECT 'care_request_event' AS of_table, CAST(e.care_request_id AS text) AS id
FROM care_request_event e
LEFT JOIN care_request q ON q.community_id = e.community_id AND q.care_request_id = e.care_request_id
WHERE e.community_id = CAST(:community_id AS integer) AND q.care_request_id IS NULL
UNION ALL
SELECT 'care_request_note', CAST(n.care_request_id AS text)
FROM care_request_note n
LEFT JOIN care_request q ON q.community_id = n.community_id AND q.care_request_id = n.care_request_id
WHERE n.community_id = CAST(:community_id AS integer) AND q.care_request_id IS NULL
UNION ALL
SELECT 'request', CAST(r.request_id AS text)
FROM request r
LEFT JOIN care_request q ON q.community_id = r.community_id AND q.care_request_id = r.request_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.action = 'ask_for_care' AND r.refusal IS NULL
    AND q.care_request_id IS NULL
LIMIT CAST(:most AS bigint)
