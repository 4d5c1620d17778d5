-- Every account of members and households that does not stand at zero, with the birth year of its eldest holder.
SELECT a.account_id, b.balance, p.birth_year
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
LEFT JOIN LATERAL (
    SELECT min(r.birth_year) AS birth_year
    FROM account_holder h
    JOIN person r ON r.community_id = h.community_id AND r.member_id = h.member_id
    WHERE h.community_id = CAST(:community_id AS integer) AND h.account_id = a.account_id AND h.until IS NULL
    OFFSET 0
) p ON true
WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household') AND b.balance <> 0
