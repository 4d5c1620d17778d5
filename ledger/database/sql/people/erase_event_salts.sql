-- The events about a member. Those they authored about others stay: the others may want to show them. An erasure
-- keeps its own salt, or nobody could tell what it excuses.
UPDATE event
SET salt = NULL
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
    AND kind <> 'member_erased'
