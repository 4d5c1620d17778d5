-- The accounts and members that undone imports had made.
SELECT o.account_id, o.member_id
FROM import_opening o
JOIN import_run r ON r.community_id = o.community_id AND r.import_id = o.import_id
WHERE o.community_id = CAST(:community_id AS integer) AND r.undone_at IS NOT NULL
