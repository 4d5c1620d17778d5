-- A page of the claims of a range of days behind a number, in the order in which they were logged: so a page is read from
-- where the last one ended, however many there are.
SELECT c.claim_id, c.logged_at, c.provider_id, c.receiver_id, c.activity, c.service_on, c.seconds, c.standing, c.disputed, c.answer,
    c.answered_via, CAST(extract(epoch FROM c.answered_at - c.logged_at) AS bigint) AS waited_seconds
FROM claims_as_of(
    CAST(:community_id AS integer),
    greatest(CAST(:logged_from AS timestamptz), CAST(:after_at AS timestamptz)), CAST(:as_of AS timestamptz)
) c
WHERE c.service_on >= CAST(:from_on AS date) AND c.service_on <= CAST(:until_on AS date)
    AND (NOT CAST(:paid AS boolean) OR c.paid)
    AND (CAST(:activity AS text) IS NULL OR c.activity = CAST(:activity AS text))
    AND (CAST(:answers AS text[]) IS NULL OR coalesce(c.answer, '') = ANY(CAST(:answers AS text[])))
    AND (CAST(:vias AS text[]) IS NULL OR c.answered_via = ANY(CAST(:vias AS text[])))
    AND (NOT CAST(:waited AS boolean) OR c.answered_at > c.logged_at)
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
