INSERT INTO assertion_note (community_id, assertion_id, note)
VALUES (CAST(:community_id AS integer), CAST(:assertion_id AS uuid), CAST(:note AS text))
