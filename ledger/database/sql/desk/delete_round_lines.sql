WITH gone AS (
    DELETE FROM paper_match
    WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
)
DELETE FROM paper_line
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
