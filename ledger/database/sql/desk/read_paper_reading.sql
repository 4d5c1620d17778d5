-- How the newest list of a source was read that had one of these shapes.
SELECT shape, reading
FROM paper_reading
WHERE community_id = CAST(:community_id AS integer) AND source_key = CAST(:source_key AS text)
    AND shape = ANY (CAST(:shapes AS bytea[]))
ORDER BY at DESC
LIMIT 1
