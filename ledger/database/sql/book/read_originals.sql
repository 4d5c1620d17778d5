-- The entries of transfers that are to be reversed, and whether a reversal of them exists. OFFSET 0 keeps a
-- look-up a look-up: without it a new database joins the whole community.
SELECT t.transfer_id, t.reverses_id, e.account_id, e.seconds, r.transfer_id AS reversed_by
FROM transfer t
CROSS JOIN LATERAL (
    SELECT account_id, seconds, place
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = t.leaf_index
    OFFSET 0
) e
LEFT JOIN LATERAL (
    SELECT transfer_id
    FROM transfer
    WHERE community_id = CAST(:community_id AS integer) AND reverses_id = t.transfer_id
    OFFSET 0
) r ON true
WHERE t.community_id = CAST(:community_id AS integer) AND t.transfer_id = ANY(CAST(:transfer_ids AS uuid[]))
ORDER BY t.transfer_id, e.place
