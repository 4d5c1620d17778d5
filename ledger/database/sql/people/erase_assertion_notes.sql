-- What was written beside assertions about these accounts. Returns the assertions; each has the id of its request.
DELETE FROM assertion_note n
USING balance_assertion a
WHERE a.community_id = CAST(:community_id AS integer) AND a.account_id = ANY (CAST(:account_ids AS uuid[]))
    AND n.community_id = a.community_id AND n.assertion_id = a.assertion_id
RETURNING n.assertion_id
