-- A page of the claims of a range of days behind a number, in the order in which they were logged: so a page is read from
-- where the last one ended, however many there are.
SELECT c.claim_id, c.logged_at, c.provider_id, c.receiver_id, c.activity, c.service_on, k.seconds, k.standing, k.disputed, k.answer,
    k.answered_via, CAST(extract(epoch FROM k.answered_at - c.logged_at) AS bigint) AS waited_seconds
FROM (
    SELECT claim_id, provider_id, receiver_id, activity, service_on, logged_at, recorded_seconds, event_count
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND logged_at < CAST(:as_of AS timestamptz)
        AND logged_at >= greatest(CAST(:logged_from AS timestamptz), CAST(:after_at AS timestamptz))
    ORDER BY logged_at, claim_id
    OFFSET 0
) c
CROSS JOIN LATERAL claim_as_of(
    CAST(:community_id AS integer), c.claim_id, c.event_count, c.recorded_seconds, CAST(:as_of AS timestamptz)
) k
WHERE c.service_on >= CAST(:from_on AS date) AND c.service_on <= CAST(:until_on AS date)
    AND (NOT CAST(:paid AS boolean) OR k.paid)
    AND (CAST(:activity AS text) IS NULL OR c.activity = CAST(:activity AS text))
    AND (CAST(:answers AS text[]) IS NULL OR coalesce(k.answer, '') = ANY(CAST(:answers AS text[])))
    AND (CAST(:vias AS text[]) IS NULL OR k.answered_via = ANY(CAST(:vias AS text[])))
    AND (NOT CAST(:waited AS boolean) OR k.answered_at > c.logged_at)
    AND (CAST(:giver_class AS text) IS NULL OR (CAST(:giver_class AS text) = 'none') <> EXISTS (
        SELECT 1 FROM member_class
        WHERE community_id = CAST(:community_id AS integer) AND member_id = c.provider_id
            AND (class = CAST(:giver_class AS text) OR CAST(:giver_class AS text) = 'none')
            AND from_on <= CAST(:until_on AS date) AND (until_on IS NULL OR until_on >= CAST(:until_on AS date))
    ))
    AND (CAST(:receiver_class AS text) IS NULL OR (CAST(:receiver_class AS text) = 'none') <> EXISTS (
        SELECT 1 FROM member_class
        WHERE community_id = CAST(:community_id AS integer) AND member_id = c.receiver_id
            AND (class = CAST(:receiver_class AS text) OR CAST(:receiver_class AS text) = 'none')
            AND from_on <= CAST(:until_on AS date) AND (until_on IS NULL OR until_on >= CAST(:until_on AS date))
    ))
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (c.logged_at, c.claim_id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY c.logged_at, c.claim_id
LIMIT CAST(:at_most AS integer)
