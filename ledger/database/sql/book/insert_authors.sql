INSERT INTO transfer_author (community_id, transfer_id, member_id, for_member_id, salt)
SELECT CAST(:community_id AS integer), u.*
FROM unnest(CAST(:transfer_ids AS uuid[]), CAST(:member_ids AS uuid[]), CAST(:for_member_ids AS uuid[]),
    CAST(:salts AS text[])) AS u
