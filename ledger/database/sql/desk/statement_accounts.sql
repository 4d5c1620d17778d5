-- The accounts of which a run makes statements, behind a code: those that a member who is active or away holds now.
SELECT DISTINCT a.account_id, a.code
FROM account_holder h
JOIN member m ON m.community_id = h.community_id AND m.member_id = h.member_id
JOIN account a ON a.community_id = h.community_id AND a.account_id = h.account_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.until IS NULL AND m.status IN ('active', 'away')
    AND a.kind IN ('member', 'household') AND a.code > CAST(:after AS text)
ORDER BY a.code
LIMIT CAST(:at_most AS integer)
