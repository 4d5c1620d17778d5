-- The checkpoints kept of sizes above one and up to another.
SELECT tree_size, root, note, CAST(kept_at AS text) AS kept_at
FROM checkpoint
WHERE community_id = CAST(:community_id AS integer)
    AND tree_size > CAST(:above AS bigint) AND tree_size <= CAST(:up_to AS bigint)
ORDER BY tree_size
