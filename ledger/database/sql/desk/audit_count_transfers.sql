-- From a leaf on; recorded_from is when the leaf in front of it was recorded, so that an index serves.
SELECT count(*) AS rows
FROM transfer
WHERE community_id = CAST(:community_id AS integer)
    AND (CAST(:first AS bigint) = 0 OR (leaf_index >= CAST(:first AS bigint)
        AND recorded_at >= CAST(CAST(:recorded_from AS text) AS timestamptz)))
