-- Of the proposals that concern a member, name one of these accounts, or are to reverse a transfer of one of them.
DELETE FROM proposal_note n
USING proposal p
LEFT JOIN transfer t ON t.community_id = p.community_id
    AND t.transfer_id = CAST(CAST(p.body AS jsonb) ->> 'transfer' AS uuid)
LEFT JOIN entry e ON e.community_id = t.community_id AND e.leaf_index = t.leaf_index
    AND e.account_id = ANY (CAST(:account_ids AS uuid[]))
WHERE n.community_id = CAST(:community_id AS integer) AND p.community_id = n.community_id
    AND p.proposal_id = n.proposal_id
    AND (p.member_id = CAST(:member_id AS uuid) OR e.account_id IS NOT NULL
        OR EXISTS (
            SELECT 1
            FROM unnest(CAST(:account_ids AS uuid[])) AS a (account_id)
            WHERE strpos(p.body, CAST(a.account_id AS text)) > 0
        ))
