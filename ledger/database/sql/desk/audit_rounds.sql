SELECT CAST(round_id AS text) AS round_id, state, encode(file_hash, 'hex') AS file_hash,
    CAST(ended_at AS text) AS ended_at, CAST(ended_by AS text) AS ended_by, totals
FROM paper_round
WHERE community_id = CAST(:community_id AS integer)
ORDER BY made_at, round_id
