INSERT INTO proposal_note (community_id, proposal_id, note)
VALUES (CAST(:community_id AS integer), CAST(:proposal_id AS uuid), CAST(:note AS text))
