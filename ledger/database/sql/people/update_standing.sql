UPDATE member
SET status = CAST(:status AS text), status_since = CAST(:since AS date), frail = CAST(:frail AS boolean)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
