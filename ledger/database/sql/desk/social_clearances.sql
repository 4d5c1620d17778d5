-- Some members by number, with the kinds of clearances that were recorded before a moment and not revoked by then, and were
-- good on a day.
SELECT u.member_id, m.member_number, h.kinds
FROM unnest(CAST(:member_ids AS uuid[])) AS u (member_id)
CROSS JOIN LATERAL (
    SELECT member_number
    FROM member
    WHERE community_id = CAST(:community_id AS integer) AND member_id = u.member_id
    OFFSET 0
) m
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT kind ORDER BY kind), '{}') AS kinds
    FROM clearance
    WHERE community_id = CAST(:community_id AS integer) AND member_id = u.member_id
        AND recorded_at < CAST(:as_of AS timestamptz)
        AND (revoked_at IS NULL OR revoked_at >= CAST(:as_of AS timestamptz))
        AND issued_on <= CAST(:until_on AS date)
        AND (expires_on IS NULL OR expires_on >= CAST(:until_on AS date))
    OFFSET 0
) h
ORDER BY m.member_number
