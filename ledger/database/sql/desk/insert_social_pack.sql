INSERT INTO social_pack (community_id, pack_id, from_on, until_on, as_of, tree_size, checkpoint, held, signature, sha256,
    made_by, made_at)
VALUES (CAST(:community_id AS integer), CAST(:pack_id AS uuid), CAST(:from_on AS date), CAST(:until_on AS date),
    CAST(:as_of AS timestamptz), CAST(:tree_size AS bigint), CAST(:checkpoint AS text), CAST(:held AS text),
    CAST(:signature AS text), CAST(:sha256 AS bytea), CAST(:made_by AS uuid), CAST(:now AS timestamptz))
