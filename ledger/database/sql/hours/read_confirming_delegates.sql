-- Who acts for whom in confirming, today.
SELECT d.delegate_id, d.member_id
FROM delegation d
WHERE d.community_id = CAST(:community_id AS integer) AND d.delegate_id = ANY(CAST(:delegate_ids AS uuid[]))
    AND d.ended_at IS NULL AND d.from_on <= CAST(:today AS date)
    AND (d.until_on IS NULL OR d.until_on >= CAST(:today AS date)) AND 'confirm' = ANY(d.scopes)
