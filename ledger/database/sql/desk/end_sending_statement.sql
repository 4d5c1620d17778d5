UPDATE statement_sent
SET state = CAST(:state AS text)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    AND account_id = CAST(:account_id AS uuid) AND from_on = CAST(:from_on AS date)
    AND until_on = CAST(:until_on AS date) AND state = 'sending'
