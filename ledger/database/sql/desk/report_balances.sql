-- What the open accounts of members and households stand at: how many, their middle, what all have and all owe, and
-- between which balances nearly all of them lie.
SELECT count(*) AS accounts,
    CAST(coalesce(sum(b.balance) FILTER (WHERE b.balance > 0), 0) AS bigint) AS positive_seconds,
    CAST(coalesce(sum(b.balance) FILTER (WHERE b.balance < 0), 0) AS bigint) AS negative_seconds,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY b.balance) AS median_seconds,
    percentile_disc(0.02) WITHIN GROUP (ORDER BY b.balance) AS low_seconds,
    percentile_disc(0.98) WITHIN GROUP (ORDER BY b.balance) AS high_seconds
FROM account a
JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household') AND NOT b.closed
