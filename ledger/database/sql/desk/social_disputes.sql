-- Every dispute that was opened from one moment to another, as it stood before a third.
SELECT d.dispute_id, d.claim_id, d.opened_at,
    CASE WHEN d.resolved_at < CAST(:as_of AS timestamptz) THEN d.outcome END AS outcome,
    CASE WHEN d.resolved_at < CAST(:as_of AS timestamptz)
        THEN CAST(d.resolved_at AT TIME ZONE CAST(:zone AS text) AS date)
            - CAST(d.opened_at AT TIME ZONE CAST(:zone AS text) AS date) END AS days
-- Those that wait and those that are decided stand apart in the index.
FROM unnest(CAST('{t,f}' AS boolean[])) AS u (open)
CROSS JOIN LATERAL (
    SELECT dispute_id, claim_id, opened_at, outcome, resolved_at
    FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND (outcome IS NULL) = u.open
        AND opened_at >= CAST(:opened_from AS timestamptz) AND opened_at < CAST(:opened_before AS timestamptz)
        AND opened_at < CAST(:as_of AS timestamptz)
    OFFSET 0
) d
ORDER BY d.opened_at, d.dispute_id
