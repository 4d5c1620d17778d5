-- A line becomes that of the first of several people, and each of the others gets a copy behind the last line. What was
-- found for it no longer holds, and who matches the round in the meantime is told that it was changed.
WITH part AS (
    SELECT name, CAST(string_to_array(members, ' ') AS uuid[]) AS member_ids, place
    FROM unnest(CAST(:names AS text[]), CAST(:members AS text[])) WITH ORDINALITY AS u (name, members, place)
), last AS (
    SELECT max(line_number) AS line_number FROM paper_line
    WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
), changed AS (
    UPDATE paper_round SET change_count = change_count + 1
    WHERE community_id = CAST(:community_id AS integer) AND round_id = CAST(:round_id AS uuid)
), added AS (
    INSERT INTO paper_line (community_id, round_id, line_number, row_number, provider_name, receiver_name, service_on,
        seconds, from_time, to_time, activity, note, reference, problem, problem_column, provider_ids, receiver_ids,
        grade, reasons, state)
    SELECT l.community_id, l.round_id, last.line_number + part.place - 1, l.row_number,
        CASE CAST(:side AS text) WHEN 'provider' THEN part.name ELSE l.provider_name END,
        CASE CAST(:side AS text) WHEN 'receiver' THEN part.name ELSE l.receiver_name END,
        l.service_on, l.seconds, l.from_time, l.to_time, l.activity, l.note, l.reference, l.problem, l.problem_column,
        CASE CAST(:side AS text) WHEN 'provider' THEN part.member_ids ELSE l.provider_ids END,
        CASE CAST(:side AS text) WHEN 'receiver' THEN part.member_ids ELSE l.receiver_ids END,
        'none', '{}', 'undecided'
    FROM paper_line l
    CROSS JOIN last
    CROSS JOIN part
    WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
        AND l.line_number = CAST(:line_number AS integer) AND part.place > 1
    RETURNING line_number
), first AS (
    UPDATE paper_line l
    SET provider_name = CASE CAST(:side AS text) WHEN 'provider' THEN part.name ELSE provider_name END,
        receiver_name = CASE CAST(:side AS text) WHEN 'receiver' THEN part.name ELSE receiver_name END,
        provider_ids = CASE CAST(:side AS text) WHEN 'provider' THEN part.member_ids ELSE provider_ids END,
        receiver_ids = CASE CAST(:side AS text) WHEN 'receiver' THEN part.member_ids ELSE receiver_ids END,
        grade = 'none', reasons = '{}'
    FROM part
    WHERE l.community_id = CAST(:community_id AS integer) AND l.round_id = CAST(:round_id AS uuid)
        AND l.line_number = CAST(:line_number AS integer) AND part.place = 1
    RETURNING line_number
)
SELECT line_number FROM first
UNION ALL
SELECT line_number FROM added
