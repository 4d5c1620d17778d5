SELECT kind, at, via, by_id, for_member_id, claim_id
FROM care_request_event
WHERE community_id = CAST(:community_id AS integer) AND care_request_id = CAST(:care_request_id AS uuid)
ORDER BY event_number
