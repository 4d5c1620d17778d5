-- When the newest checkpoint up to a size was kept.
SELECT CAST(kept_at AS text) AS kept_at
FROM checkpoint
WHERE community_id = CAST(:community_id AS integer) AND tree_size <= CAST(:up_to AS bigint)
ORDER BY tree_size DESC
LIMIT 1
