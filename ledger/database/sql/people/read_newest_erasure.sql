-- When somebody was last erased: files that were begun before may name them.
SELECT recorded_at
FROM event
WHERE community_id = CAST(:community_id AS integer) AND kind = 'member_erased'
ORDER BY leaf_index DESC
LIMIT 1
