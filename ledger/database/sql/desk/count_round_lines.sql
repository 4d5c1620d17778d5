-- How the lines of rounds stand, counted and summed.
SELECT asked.round_id, l.grade, l.state, l.decision, (l.problem IS NOT NULL) AS unread, count(*) AS lines,
    CAST(coalesce(sum(l.seconds), 0) AS bigint) AS seconds
FROM unnest(CAST(:round_ids AS uuid[])) AS asked (round_id)
CROSS JOIN LATERAL (
    SELECT grade, state, decision, problem, seconds
    FROM paper_line
    WHERE community_id = CAST(:community_id AS integer) AND round_id = asked.round_id
    OFFSET 0
) l
GROUP BY asked.round_id, l.grade, l.state, l.decision, unread
