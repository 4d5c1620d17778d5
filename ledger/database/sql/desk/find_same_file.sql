-- Another round of the very same file that was not abandoned.
SELECT round_id
FROM paper_round
WHERE community_id = CAST(:community_id AS integer) AND file_hash = CAST(:file_hash AS bytea)
    AND round_id <> CAST(:round_id AS uuid) AND state <> 'abandoned'
ORDER BY made_at
LIMIT 1
