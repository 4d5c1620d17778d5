INSERT INTO transfer_note (community_id, transfer_id, salt, note)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:transfer_ids AS uuid[]), CAST(:salts AS text[]), CAST(:notes AS text[])) AS u
