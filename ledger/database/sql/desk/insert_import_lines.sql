INSERT INTO import_line (community_id, file_hash, transfer_id, member_file, line_number, line)
SELECT CAST(:community_id AS integer), CAST(:file_hash AS bytea), u.*
FROM unnest(CAST(:transfer_ids AS uuid[]), CAST(:member_files AS text[]), CAST(:line_numbers AS integer[]),
    CAST(:lines AS text[])) AS u
