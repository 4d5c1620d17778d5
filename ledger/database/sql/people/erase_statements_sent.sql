DELETE FROM statement_sent
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
