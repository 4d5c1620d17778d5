UPDATE start_link
SET founded_id = CAST(:founded_id AS integer), first_member_id = CAST(:first_member_id AS uuid)
WHERE link_hash = CAST(:link_hash AS bytea)
