-- Balances and nodes of closings that are none with a trial balance.
SELECT of_table, closing_number, count(*) AS count
FROM (
    SELECT 'period_balance' AS of_table, closing_number FROM period_balance
    WHERE community_id = CAST(:community_id AS integer)
    UNION ALL
    SELECT 'period_node', closing_number FROM period_node WHERE community_id = CAST(:community_id AS integer)
) x
WHERE closing_number <> ALL (CAST(:numbers AS integer[]))
GROUP BY of_table, closing_number
ORDER BY of_table, closing_number
