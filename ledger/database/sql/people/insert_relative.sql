INSERT INTO relative (community_id, member_id, relative_id, relation)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:relative_id AS uuid),
    CAST(:relation AS text))
