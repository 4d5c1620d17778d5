-- Transfers that no import brought.
SELECT count(*) AS transfers
FROM transfer t
WHERE t.community_id = CAST(:community_id AS integer)
    AND NOT EXISTS (
        SELECT FROM import_line l
        WHERE l.community_id = CAST(:community_id AS integer) AND l.transfer_id = t.transfer_id
    )
