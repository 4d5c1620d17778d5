-- How many open accounts of members and households stand in each bin of a width, those below the first and above the
-- last counted in the one before and the one behind. Division goes towards zero, so what is left over is taken off first.
SELECT least(greatest(k.bin, CAST(:first_bin AS bigint) - 1), CAST(:last_bin AS bigint) + 1) AS bin, count(*) AS accounts
FROM (
    SELECT (b.balance - (b.balance % CAST(:width AS bigint) + CAST(:width AS bigint)) % CAST(:width AS bigint))
        / CAST(:width AS bigint) AS bin
    FROM account a
    JOIN balance b ON b.community_id = a.community_id AND b.account_id = a.account_id
    WHERE a.community_id = CAST(:community_id AS integer) AND a.kind IN ('member', 'household') AND NOT b.closed
) k
GROUP BY 1
