-- The generic cell rate algorithm: each taking moves the moment at which the bucket is full again by its cost, and
-- none may move it further ahead than the capacity. A moment further away than twice that was written by a clock
-- that was wrong, and counts for nothing.
INSERT INTO rate_limit AS r (bucket, full_at)
VALUES (CAST(:bucket AS bytea), CAST(:now AS timestamptz) + CAST(:cost AS interval))
ON CONFLICT (bucket) DO UPDATE
SET full_at = CASE WHEN r.full_at > CAST(:now AS timestamptz) + 2 * CAST(:capacity AS interval)
        THEN CAST(:now AS timestamptz) ELSE greatest(r.full_at, CAST(:now AS timestamptz)) END
    + CAST(:cost AS interval)
WHERE greatest(r.full_at, CAST(:now AS timestamptz)) + CAST(:cost AS interval)
        <= CAST(:now AS timestamptz) + CAST(:capacity AS interval)
    OR r.full_at > CAST(:now AS timestamptz) + 2 * CAST(:capacity AS interval)
RETURNING full_at
