-- Transfers for days that were closed when they were posted: between one closing and the next, its day is the bound.
SELECT t.transfer_id, t.leaf_index, CAST(t.service_on AS text) AS service_on, p.through_on
FROM unnest(CAST(:through_ons AS text[]), CAST(:first_leaves AS bigint[]), CAST(:end_leaves AS bigint[]),
    CAST(:closed_ats AS text[])) AS p (through_on, first_leaf, end_leaf, closed_at)
JOIN transfer t ON t.community_id = CAST(:community_id AS integer) AND t.recorded_at >= CAST(p.closed_at AS timestamptz)
    AND t.leaf_index >= p.first_leaf AND t.leaf_index < p.end_leaf AND t.service_on <= CAST(p.through_on AS date)
ORDER BY t.leaf_index
LIMIT CAST(:most AS bigint)
