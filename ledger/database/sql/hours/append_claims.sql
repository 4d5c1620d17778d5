-- What a batch of claims changes, in one round trip: their state, their steps, and what their providers earned in all.
SELECT append_claims(CAST(:community_id AS integer), CAST(:now AS timestamptz),
    CAST(:claim_ids AS uuid[]), CAST(:states AS text[]), CAST(:event_counts AS integer[]),
    CAST(:posting_counts AS integer[]), CAST(:credited AS bigint[]), CAST(:paid AS bigint[]),
    CAST(:step_claim_ids AS uuid[]), CAST(:step_numbers AS integer[]), CAST(:step_kinds AS text[]),
    CAST(:step_bys AS text[]), CAST(:step_vias AS text[]), CAST(:step_fors AS uuid[]),
    CAST(:step_transfer_ids AS uuid[]), CAST(:step_credited AS bigint[]), CAST(:step_paid AS bigint[]),
    CAST(:step_payers AS uuid[]), CAST(:earner_ids AS uuid[]), CAST(:earner_totals AS bigint[]))
