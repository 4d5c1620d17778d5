-- Nothing comes back when it was used before.
INSERT INTO proposal_use (community_id, proposal_id, used_at)
VALUES (CAST(:community_id AS integer), CAST(:proposal_id AS uuid), CAST(:now AS timestamptz))
ON CONFLICT DO NOTHING
RETURNING proposal_id
