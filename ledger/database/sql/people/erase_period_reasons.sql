-- Why the member closed a period in spite of something, or opened it again. The requests that said so are returned.
DELETE FROM period_reason
WHERE community_id = CAST(:community_id AS integer) AND written_by = CAST(:member_id AS uuid)
RETURNING event_id AS request_id
