-- The claims of some people around some days, whichever side they are on, that are waiting, posted or disputed. Rows
-- are compared as wholes, so that a new database, which knows nothing of its tables, has one index to choose.
SELECT v.claim_id, v.provider_id, v.receiver_id, v.service_on, v.from_time, v.to_time,
    -- A dispute may have said that it was another length. Only a claim of more than two steps has had one.
    CASE WHEN v.event_count > 2 THEN coalesce((
        SELECT d.corrected_seconds FROM dispute d
        WHERE d.community_id = CAST(:community_id AS integer) AND d.claim_id = v.claim_id AND d.outcome = 'corrected'
        ORDER BY d.event_number DESC LIMIT 1), v.recorded_seconds) ELSE v.recorded_seconds END AS recorded_seconds,
    v.credited_seconds, v.state
FROM unnest(CAST(:provider_ids AS uuid[]), CAST(:from_ons AS date[]), CAST(:until_ons AS date[]))
    AS asked (member_id, from_on, until_on)
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (asked.member_id, asked.from_on)
        AND (provider_id, service_on) <= (asked.member_id, asked.until_on) AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) v
UNION ALL
SELECT v.claim_id, v.provider_id, v.receiver_id, v.service_on, v.from_time, v.to_time,
    -- A dispute may have said that it was another length. Only a claim of more than two steps has had one.
    CASE WHEN v.event_count > 2 THEN coalesce((
        SELECT d.corrected_seconds FROM dispute d
        WHERE d.community_id = CAST(:community_id AS integer) AND d.claim_id = v.claim_id AND d.outcome = 'corrected'
        ORDER BY d.event_number DESC LIMIT 1), v.recorded_seconds) ELSE v.recorded_seconds END AS recorded_seconds,
    v.credited_seconds, v.state
FROM unnest(CAST(:receiver_ids AS uuid[]), CAST(:received_ons AS date[])) AS asked (member_id, received_on)
CROSS JOIN LATERAL (
    SELECT *
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (receiver_id, service_on) >= (asked.member_id, asked.received_on)
        AND (receiver_id, service_on) <= (asked.member_id, asked.received_on) AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) v
