-- The accounts that pay for care beside its receiver.
SELECT account_id, code, kind
FROM account
WHERE community_id = CAST(:community_id AS integer) AND kind IN ('pot', 'issuance')
