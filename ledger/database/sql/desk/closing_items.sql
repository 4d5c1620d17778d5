-- What is open of the days up to one: how much of each. A request for care is settled within a year of its day.
SELECT 'open_claims' AS item, count(*) AS count
FROM open_claim o
CROSS JOIN LATERAL (
    SELECT service_on FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = o.claim_id
    OFFSET 0
) c
WHERE o.community_id = CAST(:community_id AS integer) AND c.service_on <= CAST(:through_on AS date)
UNION ALL
SELECT 'open_disputes', count(*)
FROM dispute d
CROSS JOIN LATERAL (
    SELECT service_on FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND claim_id = d.claim_id
    OFFSET 0
) c
WHERE d.community_id = CAST(:community_id AS integer) AND d.outcome IS NULL
    AND c.service_on <= CAST(:through_on AS date)
UNION ALL
SELECT 'open_requests', count(*)
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND care_on <= CAST(:through_on AS date)
    AND care_on > CAST(:through_on AS date) - 366 AND state IN ('open', 'taken')
    AND expires_at > CAST(:now AS timestamptz)
UNION ALL
SELECT 'unmatched_sheets', count(*)
FROM paper_round
WHERE community_id = CAST(:community_id AS integer) AND ended_at IS NULL
    AND (from_on IS NULL OR from_on <= CAST(:through_on AS date))
UNION ALL
SELECT 'holds', count(*)
FROM open_hold o
CROSS JOIN LATERAL (
    SELECT placed_at FROM hold
    WHERE community_id = CAST(:community_id AS integer) AND hold_id = o.hold_id
    OFFSET 0
) h
WHERE o.community_id = CAST(:community_id AS integer) AND h.placed_at < CAST(:ends_at AS timestamptz)
    AND o.expires_at > CAST(:now AS timestamptz)
