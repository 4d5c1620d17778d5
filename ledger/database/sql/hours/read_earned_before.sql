-- What each of these had been credited in all before a day.
SELECT t.member_id, CAST(t.seconds - coalesce(c.seconds, 0) AS bigint) AS seconds
FROM earned_total t
LEFT JOIN LATERAL (
    SELECT sum(credited_seconds) AS seconds
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = t.member_id
        AND service_on >= CAST(:from_on AS date) AND state IN ('posted', 'disputed')
    OFFSET 0
) c ON true
WHERE t.community_id = CAST(:community_id AS integer) AND t.member_id = ANY(CAST(:member_ids AS uuid[]))
