-- The claims and transfers that decided lines of a round stand for.
SELECT m.record_id
FROM paper_line l
JOIN paper_match m ON m.community_id = l.community_id AND m.round_id = l.round_id AND m.line_number = l.line_number
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
    AND l.state <> 'undecided' AND NOT m.near
