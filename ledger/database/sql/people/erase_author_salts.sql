UPDATE transfer_author
SET salt = NULL
WHERE community_id = CAST(:community_id AS integer) AND salt IS NOT NULL
    AND (member_id = CAST(:member_id AS uuid) OR for_member_id = CAST(:member_id AS uuid))
