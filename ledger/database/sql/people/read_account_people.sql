-- Who holds these accounts now.
SELECT account_id, member_id
FROM account_holder
WHERE community_id = CAST(:community_id AS integer) AND account_id = ANY (CAST(:account_ids AS uuid[]))
    AND until IS NULL
