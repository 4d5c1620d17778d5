-- Notes of no transfer, and of transfers that have no note digest.
SELECT n.transfer_id
FROM transfer_note n
LEFT JOIN transfer t ON t.community_id = n.community_id AND t.transfer_id = n.transfer_id
WHERE n.community_id = CAST(:community_id AS integer) AND t.note_digest IS NULL
LIMIT CAST(:most AS bigint)
