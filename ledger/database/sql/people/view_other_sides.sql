-- The accounts on the other side of an account's entries, by their leaves: what each is, and who holds it now.
SELECT asked.leaf_index, a.kind, a.code, n.name, h.member_ids
FROM unnest(CAST(:leaf_indexes AS bigint[])) AS asked (leaf_index)
CROSS JOIN LATERAL (
    SELECT account_id
    FROM entry
    WHERE community_id = CAST(:community_id AS integer) AND leaf_index = asked.leaf_index
        AND account_id <> CAST(:account_id AS uuid)
    OFFSET 0
) e
CROSS JOIN LATERAL (
    SELECT kind, code
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id
    OFFSET 0
) a
LEFT JOIN LATERAL (
    SELECT name
    FROM account_name
    WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id
    OFFSET 0
) n ON true
CROSS JOIN LATERAL (
    SELECT array_agg(member_id) AS member_ids
    FROM account_holder
    WHERE community_id = CAST(:community_id AS integer) AND account_id = e.account_id AND until IS NULL
    OFFSET 0
) h
