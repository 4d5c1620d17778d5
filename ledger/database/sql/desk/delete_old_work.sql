-- Forgets all but the newest of a kind.
DELETE FROM work
WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text)
    AND (started_at, work_id) <= (
        SELECT started_at, work_id
        FROM work
        WHERE community_id = CAST(:community_id AS integer) AND kind = CAST(:kind AS text)
        ORDER BY started_at DESC, work_id DESC
        OFFSET CAST(:kept AS integer)
        LIMIT 1)
