-- Answers about visits by side and month, a question each: how many answered it, how many people, and how often each of the
-- five answers was given.
SELECT k.month, w.side, q.question, count(*) AS answers, count(DISTINCT w.member_id) AS people,
    count(*) FILTER (WHERE q.said = 1) AS ones, count(*) FILTER (WHERE q.said = 2) AS twos,
    count(*) FILTER (WHERE q.said = 3) AS threes, count(*) FILTER (WHERE q.said = 4) AS fours,
    count(*) FILTER (WHERE q.said = 5) AS fives
FROM unnest(CAST(:months AS date[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
    AS k (month, begins_at, ends_at)
CROSS JOIN LATERAL (
    SELECT member_id, side, visit, after
    FROM well_being
    WHERE community_id = CAST(:community_id AS integer) AND answered_at >= k.begins_at AND answered_at < k.ends_at
    OFFSET 0
) w
CROSS JOIN LATERAL (VALUES ('visit', w.visit), ('after', w.after)) AS q (question, said)
WHERE q.said IS NOT NULL
GROUP BY k.month, w.side, q.question
ORDER BY k.month, w.side, q.question
