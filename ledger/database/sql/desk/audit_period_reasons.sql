-- Why periods were closed or reopened.
SELECT CAST(event_id AS text) AS event_id, CAST(written_by AS text) AS written_by, salt, reason
FROM period_reason
WHERE community_id = CAST(:community_id AS integer)
