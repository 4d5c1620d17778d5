-- Reversals whose original is missing, is a reversal itself, comes later, or is not their exact opposite;
-- and originals that were reversed twice.
SELECT r.transfer_id, r.leaf_index, r.reverses_id, o.transfer_id IS NULL AS is_missing,
    coalesce(o.reverses_id IS NOT NULL, false) AS is_reversal, coalesce(o.leaf_index >= r.leaf_index, false) AS is_later
FROM transfer r
LEFT JOIN transfer o ON o.community_id = r.community_id AND o.transfer_id = r.reverses_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.reverses_id IS NOT NULL
    AND r.leaf_index >= CAST(:first AS bigint)
    AND (o.transfer_id IS NULL OR o.reverses_id IS NOT NULL OR o.leaf_index >= r.leaf_index
        OR EXISTS (
            SELECT
            FROM (SELECT * FROM entry WHERE community_id = r.community_id AND leaf_index = r.leaf_index) back
            FULL JOIN (SELECT * FROM entry WHERE community_id = r.community_id AND leaf_index = o.leaf_index) there
                ON there.account_id = back.account_id AND there.seconds = -back.seconds
            WHERE back.account_id IS NULL OR there.account_id IS NULL)
        OR EXISTS (
            SELECT FROM transfer twice
            WHERE twice.community_id = r.community_id AND twice.reverses_id = r.reverses_id
                AND twice.transfer_id <> r.transfer_id))
LIMIT CAST(:most AS bigint)
