-- Sessions that ended a month ago: nobody asks about them any more.
DELETE FROM session
WHERE community_id = CAST(:community_id AS integer)
    AND least(coalesce(ended_at, expires_at), expires_at) < CAST(:before AS timestamptz)
