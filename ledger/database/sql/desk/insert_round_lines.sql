INSERT INTO paper_line (community_id, round_id, provider_ids, receiver_ids, grade, reasons, state, line_number,
    row_number, provider_name, receiver_name, service_on, seconds, from_time, to_time, activity, note, reference,
    problem, problem_column)
SELECT CAST(:community_id AS integer), CAST(:round_id AS uuid), '{}', '{}', 'none', '{}', 'undecided', u.*
FROM unnest(CAST(:line_numbers AS integer[]), CAST(:row_numbers AS integer[]), CAST(:providers AS text[]),
    CAST(:receivers AS text[]), CAST(:service_ons AS date[]), CAST(:seconds AS bigint[]), CAST(:from_times AS time[]),
    CAST(:to_times AS time[]), CAST(:activities AS text[]), CAST(:notes AS text[]), CAST(:references AS text[]),
    CAST(:problems AS text[]), CAST(:problem_columns AS integer[])) AS u
