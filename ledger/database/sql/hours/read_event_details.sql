-- What was said in the event a request left.
SELECT details
FROM event
WHERE community_id = CAST(:community_id AS integer) AND event_id = CAST(:event_id AS uuid)
