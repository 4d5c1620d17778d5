-- A page of evidence packs, the newest first.
SELECT pack_id, from_on, until_on, as_of, tree_size, sha256, made_by, made_at
FROM social_pack
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:after_at AS timestamptz) IS NULL
        OR (made_at, pack_id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
ORDER BY made_at DESC, pack_id DESC
LIMIT CAST(:at_most AS integer)
