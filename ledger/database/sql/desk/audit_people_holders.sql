-- Whoever holds or held an account.
SELECT CAST(account_id AS text) AS account_id, CAST(member_id AS text) AS member_id, CAST(since AS text) AS since,
    CAST(until AS text) AS until
FROM account_holder
WHERE community_id = CAST(:community_id AS integer)
