INSERT INTO paper_match (community_id, round_id, line_number, record_id, kind, near)
SELECT CAST(:community_id AS integer), CAST(:round_id AS uuid), u.*
FROM unnest(CAST(:line_numbers AS integer[]), CAST(:record_ids AS uuid[]), CAST(:kinds AS text[]),
    CAST(:nears AS boolean[])) AS u
ON CONFLICT (community_id, round_id, line_number, record_id) DO NOTHING
