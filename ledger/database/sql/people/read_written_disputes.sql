-- The disputes about claims a member had a part in, with the moments at which something was said in them.
SELECT d.dispute_id, s.made_at
FROM (
    SELECT dispute_id
    FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = CAST(:member_id AS uuid)
    UNION
    SELECT dispute_id
    FROM dispute
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
) d
CROSS JOIN LATERAL (
    SELECT made_at
    FROM dispute_statement
    WHERE community_id = CAST(:community_id AS integer) AND dispute_id = d.dispute_id
    OFFSET 0
) s
