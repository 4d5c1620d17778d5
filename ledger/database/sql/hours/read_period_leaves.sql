-- A run of the leaves of a closing's tree.
SELECT place, balance, entry_count, digest
FROM period_balance
WHERE community_id = CAST(:community_id AS integer) AND closing_number = CAST(:closing_number AS integer)
    AND place >= CAST(:first AS integer) AND place < CAST(:first AS integer) + CAST(:count AS integer)
ORDER BY place
