INSERT INTO paper_reading (community_id, source_key, shape, reading, at)
VALUES (CAST(:community_id AS integer), CAST(:source_key AS text), CAST(:shape AS bytea), CAST(:reading AS text),
    CAST(:now AS timestamptz))
ON CONFLICT (community_id, source_key, shape) DO UPDATE SET reading = excluded.reading, at = excluded.at
