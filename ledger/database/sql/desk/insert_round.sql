-- A new round, unless its id is taken or so many are open that there is no room for another.
INSERT INTO paper_round (community_id, round_id, state, change_count, source, file_name, file_hash, file_size, asked,
    from_on, until_on, reading, asks, made_at, made_by)
SELECT CAST(:community_id AS integer), CAST(:round_id AS uuid), 'reading', 1, CAST(:source AS text),
    CAST(:file_name AS text), CAST(:file_hash AS bytea), CAST(:file_size AS bigint), CAST(:asked AS bytea),
    CAST(:from_on AS date), CAST(:until_on AS date), CAST(:reading AS text), CAST(:asks AS text[]),
    CAST(:now AS timestamptz), CAST(:made_by AS uuid)
WHERE (
    SELECT count(*) FROM paper_round
    WHERE community_id = CAST(:community_id AS integer) AND ended_at IS NULL
) < CAST(:at_most AS integer)
ON CONFLICT (community_id, round_id) DO NOTHING
RETURNING round_id
