-- How many accounts a run makes statements of.
SELECT count(DISTINCT h.account_id) AS accounts
FROM account_holder h
JOIN member m ON m.community_id = h.community_id AND m.member_id = h.member_id
JOIN account a ON a.community_id = h.community_id AND a.account_id = h.account_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.until IS NULL AND m.status IN ('active', 'away')
    AND a.kind IN ('member', 'household')
