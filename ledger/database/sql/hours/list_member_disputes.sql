-- A page of the disputes about claims some members have a part in: those that wait first, and then the newest first.
SELECT dispute_id
FROM (
    SELECT dispute_id, claim_id, outcome, opened_at FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = ANY(CAST(:member_ids AS uuid[]))
    UNION
    SELECT dispute_id, claim_id, outcome, opened_at FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = ANY(CAST(:member_ids AS uuid[]))
) d
WHERE (CAST(:claim_id AS uuid) IS NULL OR claim_id = CAST(:claim_id AS uuid))
    AND (CAST(:open AS boolean) IS NULL OR (outcome IS NULL) = CAST(:open AS boolean))
    AND (CAST(:after_id AS uuid) IS NULL OR (outcome IS NULL, opened_at, dispute_id)
        < (CAST(:after_open AS boolean), CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY (outcome IS NULL) DESC, opened_at DESC, dispute_id DESC
LIMIT CAST(:at_most AS integer)
