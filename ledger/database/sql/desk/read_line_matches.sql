SELECT line_number, record_id, kind, near
FROM paper_match
WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
    AND line_number = ANY (CAST(:line_numbers AS integer[]))
ORDER BY line_number, near, record_id
