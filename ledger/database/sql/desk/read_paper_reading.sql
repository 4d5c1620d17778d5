SELECT reading
FROM paper_reading
WHERE community_id = CAST(:community_id AS integer) AND source_key = CAST(:source_key AS text)
    AND shape = CAST(:shape AS bytea)
