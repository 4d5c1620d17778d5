-- What all accounts add up to, for whoever looks in: without their kinds it takes a third of the time.
SELECT CAST(coalesce(sum(balance), 0) AS bigint) AS total, count(*) AS accounts,
    CAST(coalesce(sum(balance) FILTER (WHERE balance > 0), 0) AS bigint) AS credits
FROM balance
WHERE community_id = CAST(:community_id AS integer)
