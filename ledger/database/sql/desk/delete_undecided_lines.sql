-- What nobody decided about in a round that is abandoned, with what was found for it.
WITH gone AS (
    DELETE FROM paper_line
    WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid) AND state <> 'decided'
    RETURNING line_number
)
DELETE FROM paper_match
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
    AND line_number IN (SELECT line_number FROM gone)
