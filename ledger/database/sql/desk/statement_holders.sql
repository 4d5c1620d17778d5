-- Who holds an account now, longest first, with their names and languages, and what they wish of its statements.
SELECT h.member_id, m.member_number, m.status, p.name, p.email, p.languages, w.by_email, w.large_print
FROM account_holder h
JOIN member m ON m.community_id = h.community_id AND m.member_id = h.member_id
LEFT JOIN person p ON p.community_id = h.community_id AND p.member_id = h.member_id
LEFT JOIN statement_wish w ON w.community_id = h.community_id AND w.member_id = h.member_id
WHERE h.community_id = CAST(:community_id AS integer) AND h.account_id = CAST(:account_id AS uuid) AND h.until IS NULL
ORDER BY h.since, h.member_id
