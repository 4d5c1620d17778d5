-- How a claim was paid last: at which moment, by which transfer and from whose account, if anything moved.
SELECT at, transfer_id, payer_account_id
FROM claim_event
WHERE community_id = CAST(:community_id AS integer) AND claim_id = CAST(:claim_id AS uuid)
    AND kind IN ('posted', 'corrected')
ORDER BY event_number DESC
LIMIT 1
