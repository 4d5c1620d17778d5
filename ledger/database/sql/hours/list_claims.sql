-- A page of all claims, the newest first. A claim is not logged before the day it is about, whatever the time zone.
SELECT claim_id, logged_at
FROM claim
WHERE community_id = CAST(:community_id AS integer)
    AND logged_at >= COALESCE(CAST(:from_on AS date) - interval '1 day', timestamp '-infinity')
    AND (CAST(:from_on AS date) IS NULL OR service_on >= CAST(:from_on AS date))
    AND (CAST(:until_on AS date) IS NULL OR service_on <= CAST(:until_on AS date))
    AND (CAST(:state AS text) IS NULL OR state = CAST(:state AS text))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (logged_at, claim_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY logged_at DESC, claim_id DESC
LIMIT CAST(:at_most AS integer)
