SELECT pack_id, from_on, until_on, as_of, tree_size, checkpoint, held, signature, sha256, made_by, made_at
FROM social_pack
WHERE community_id = CAST(:community_id AS integer) AND pack_id = CAST(:pack_id AS uuid)
