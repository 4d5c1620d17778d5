-- A page of assertions, those that differed first, then the newest first.
SELECT assertion_id
FROM balance_assertion
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:source AS text) IS NULL OR source = CAST(:source AS text))
    AND (CAST(:from_on AS date) IS NULL OR stood_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR stood_on <= CAST(:until_on AS date))
    AND (CAST(:differed AS boolean) IS NULL OR differed = CAST(:differed AS boolean))
    AND (CAST(:withdrawn AS boolean) IS NULL OR (withdrawn_at IS NOT NULL) = CAST(:withdrawn AS boolean))
    AND (CAST(:after_id AS uuid) IS NULL OR (differed, asserted_at, assertion_id)
        < (CAST(:after_differed AS boolean), CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY differed DESC, asserted_at DESC, assertion_id DESC
LIMIT CAST(:at_most AS integer)
