-- The claims of some people around some days, whichever side they are on, that are waiting, posted or disputed.
SELECT v.claim_id, v.provider_id, v.receiver_id, v.service_on, v.from_time, v.to_time, v.recorded_seconds,
    v.credited_seconds, v.state
FROM unnest(CAST(:provider_ids AS uuid[]), CAST(:from_ons AS date[]), CAST(:until_ons AS date[]))
    AS asked (member_id, from_on, until_on)
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = asked.member_id
        AND service_on BETWEEN asked.from_on AND asked.until_on AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) v
UNION ALL
SELECT v.claim_id, v.provider_id, v.receiver_id, v.service_on, v.from_time, v.to_time, v.recorded_seconds,
    v.credited_seconds, v.state
FROM unnest(CAST(:receiver_ids AS uuid[]), CAST(:received_ons AS date[])) AS asked (member_id, received_on)
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = asked.member_id
        AND service_on = asked.received_on AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) v
