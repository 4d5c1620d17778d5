-- Authors of no transfer, and of transfers that have no author digest.
SELECT a.transfer_id
FROM transfer_author a
LEFT JOIN transfer t ON t.community_id = a.community_id AND t.transfer_id = a.transfer_id
WHERE a.community_id = CAST(:community_id AS integer) AND t.author_digest IS NULL
LIMIT CAST(:most AS bigint)
