-- What a co-ordinator has adjusted single-handed since a moment, in seconds.
SELECT CAST(coalesce(sum(seconds), 0) AS bigint) AS seconds
FROM adjustment
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    AND adjusted_at > CAST(:since AS timestamptz)
