-- The accounts that a member holds or held and nobody else did who is not erased; with whether they are closed.
-- Whoever shared an account once may still want to show their receipts of it.
SELECT DISTINCT h.account_id, b.closed
FROM account_holder h
JOIN balance b ON b.community_id = h.community_id AND b.account_id = h.account_id
LEFT JOIN (
    SELECT o.community_id, o.account_id, o.member_id
    FROM account_holder o
    JOIN member m ON m.community_id = o.community_id AND m.member_id = o.member_id
    WHERE o.community_id = CAST(:community_id AS integer) AND m.erased_at IS NULL
        AND o.member_id <> CAST(:member_id AS uuid)
) other ON other.community_id = h.community_id AND other.account_id = h.account_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.member_id = CAST(:member_id AS uuid)
    AND other.member_id IS NULL
