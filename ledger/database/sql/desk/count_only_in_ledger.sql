-- How many claims of a round's days no line of it stands for, nor a decided one of another round; and how long they were.
-- Compared as a row, the member leaves the planner no choice but their index of claims.
SELECT count(*) AS claims, CAST(coalesce(sum(c.recorded_seconds), 0) AS bigint) AS seconds
FROM member m
CROSS JOIN LATERAL (
    SELECT claim_id, recorded_seconds
    FROM claim
    WHERE community_id = CAST(:community_id AS integer)
        AND (provider_id, service_on) >= (m.member_id, CAST(:from_on AS date))
        AND (provider_id, service_on) <= (m.member_id, CAST(:until_on AS date))
        AND state IN ('submitted', 'posted', 'disputed')
    OFFSET 0
) c
WHERE m.community_id = CAST(:community_id AS integer)
    AND NOT EXISTS (
        SELECT FROM paper_match p
        WHERE p.community_id = CAST(:community_id AS integer) AND p.record_id = c.claim_id AND NOT p.near
            AND (p.round_id = CAST(:round_id AS uuid) OR EXISTS (
                SELECT FROM paper_line
                WHERE community_id = CAST(:community_id AS integer) AND round_id = p.round_id
                    AND line_number = p.line_number AND state <> 'undecided'
                OFFSET 0))
        OFFSET 0)
