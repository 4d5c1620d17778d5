-- hold_resolution_pkey: a hold is resolved once.
INSERT INTO hold_resolution (community_id, resolved_at, hold_id, outcome, resolved_by)
SELECT CAST(:community_id AS integer), CAST(:resolved_at AS timestamptz), u.*
FROM unnest(CAST(:hold_ids AS uuid[]), CAST(:outcomes AS text[]), CAST(:resolved_bys AS uuid[])) AS u
