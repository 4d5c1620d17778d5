-- What was found for lines; only of those that nobody decided in the meantime. Returns these.
UPDATE paper_line l
SET grade = u.grade, reasons = string_to_array(u.reasons, ' '),
    provider_ids = CAST(string_to_array(u.providers, ' ') AS uuid[]),
    receiver_ids = CAST(string_to_array(u.receivers, ' ') AS uuid[])
FROM unnest(CAST(:line_numbers AS integer[]), CAST(:grades AS text[]), CAST(:reasons AS text[]),
    CAST(:providers AS text[]), CAST(:receivers AS text[])) AS u (line_number, grade, reasons, providers, receivers)
WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
    AND l.line_number = u.line_number AND l.line_number = ANY (CAST(:line_numbers AS integer[]))
    AND l.state = 'undecided'
RETURNING l.line_number
