-- A claim of a member's that is neither paid nor given up, and that one of these accounts would pay or be paid for.
SELECT c.claim_id
FROM (
    SELECT claim_id, state, provider_account_id AS account_id FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND provider_id = CAST(:member_id AS uuid)
    UNION ALL
    SELECT claim_id, state, receiver_account_id FROM claim
    WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
) c
WHERE c.state IN ('submitted', 'disputed') AND c.account_id = ANY(CAST(:account_ids AS uuid[]))
LIMIT 1
