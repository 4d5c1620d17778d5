-- Balances of closings that are not what the entries make them. Every entry is read once: it is put below the first bound
-- that contains it, of the days of service, else of the moments, and of the leaves; what a closing contains is a sum.
-- What reverses has the day, or the moment, of what it reverses: as `counts_through` has it, for many days at once.
WITH closing AS (
    SELECT *
    FROM unnest(CAST(:numbers AS integer[]), CAST(:day_places AS integer[]), CAST(:moment_places AS integer[]),
        CAST(:leaf_places AS integer[]), CAST(:tree_sizes AS bigint[]))
        AS c (closing_number, day_place, moment_place, leaf_place, tree_size)
),
part AS (
    SELECT e.account_id, width_bucket(coalesce(t.service_on, o.service_on), CAST(:days AS date[])) AS day_place,
        CASE WHEN coalesce(t.service_on, o.service_on) IS NULL
            THEN width_bucket(coalesce(o.recorded_at, t.recorded_at), CAST(:moments AS timestamptz[]))
        END AS moment_place,
        width_bucket(e.leaf_index, CAST(:leaves AS bigint[])) AS leaf_place,
        sum(e.seconds) AS seconds, count(*) AS entries
    FROM entry e
    JOIN transfer t ON t.community_id = e.community_id AND t.leaf_index = e.leaf_index
    LEFT JOIN transfer o ON o.community_id = t.community_id AND o.transfer_id = t.reverses_id
    WHERE e.community_id = CAST(:community_id AS integer)
    GROUP BY 1, 2, 3, 4
),
due AS (
    SELECT account_id, closing_number, sum(seconds) AS balance, sum(entries) AS entry_count
    FROM (
        SELECT p.account_id, c.closing_number, p.seconds, p.entries
        FROM part p
        JOIN closing c ON p.leaf_place <= c.leaf_place
            AND (p.day_place <= c.day_place OR (p.day_place IS NULL AND p.moment_place <= c.moment_place))
        UNION ALL
        SELECT l.account_id, c.closing_number, 0, 0
        FROM account_limits l
        JOIN closing c ON l.tree_size <= c.tree_size
        WHERE l.community_id = CAST(:community_id AS integer) AND l.change_number = 1
    ) x
    GROUP BY account_id, closing_number
),
said AS (
    SELECT account_id, closing_number, balance, entry_count
    FROM period_balance
    WHERE community_id = CAST(:community_id AS integer) AND closing_number = ANY (CAST(:numbers AS integer[]))
)
SELECT coalesce(s.closing_number, d.closing_number) AS closing_number, coalesce(s.account_id, d.account_id) AS account_id,
    s.balance, s.entry_count, CAST(d.balance AS bigint) AS due, CAST(d.entry_count AS bigint) AS due_count
FROM said s
FULL JOIN due d ON d.account_id = s.account_id AND d.closing_number = s.closing_number
WHERE s.balance IS DISTINCT FROM d.balance OR s.entry_count IS DISTINCT FROM d.entry_count
ORDER BY 1, 2
LIMIT CAST(:most AS bigint)
