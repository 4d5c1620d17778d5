-- checkpoint_pkey: one root for a size, for ever.
INSERT INTO checkpoint (community_id, tree_size, root, note, kept_at)
VALUES (CAST(:community_id AS integer), CAST(:tree_size AS bigint), CAST(:root AS bytea), CAST(:note AS text),
    CAST(:kept_at AS timestamptz))
