-- The accounts that a member holds or held and nobody else ever did; with whether they are closed. Whoever shared an
-- account once may still want to show their receipts of it.
SELECT DISTINCT h.account_id, b.closed
FROM account_holder h
JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
LEFT JOIN account_holder o ON o.community_id = h.community_id AND o.account_id = h.account_id
    AND o.member_id <> h.member_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = CAST(:member_id AS uuid)
    AND o.member_id IS NULL
