-- What the accounts of each kind add up to. A hold past its deadline no longer counts.
SELECT a.kind, count(x.closed) AS accounts, count(*) FILTER (WHERE x.closed) AS closed,
    CAST(sum(x.balance) AS bigint) AS balance, CAST(sum(x.held) AS bigint) AS held
FROM (
    SELECT account_id, balance, held, closed
    FROM balance
    WHERE community_id = CAST(:community_id AS integer)
    UNION ALL
    SELECT account_id, 0, -seconds, NULL
    FROM open_hold
    WHERE community_id = CAST(:community_id AS integer) AND expires_at <= CAST(:now AS timestamptz)
) x
JOIN account a ON a.community_id = CAST(:community_id AS integer) AND a.account_id = x.account_id
GROUP BY a.kind
