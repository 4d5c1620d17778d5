INSERT INTO import_line (community_id, file_hash, import_id, transfer_id, member_file, line_number, line)
SELECT CAST(:community_id AS integer), CAST(:file_hash AS bytea), CAST(:import_id AS uuid), u.*
FROM unnest(CAST(:transfer_ids AS uuid[]), CAST(:member_files AS text[]), CAST(:line_numbers AS integer[]),
    CAST(:lines AS text[])) AS u
