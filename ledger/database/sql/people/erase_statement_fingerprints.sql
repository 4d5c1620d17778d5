-- What was added to a dispute left no event, only a request that was answered at that moment.
UPDATE request
SET fingerprint = CAST(:fingerprint AS bytea)
WHERE community_id = CAST(:community_id AS integer) AND action = 'add_dispute_statement'
    AND answered_at = ANY(CAST(:moments AS timestamptz[]))
