WITH old AS (
    UPDATE import_run
    SET state = 'abandoned'
    WHERE community_id = CAST(:community_id AS integer) AND state IN ('checking', 'waiting', 'refused')
        AND started_at <= CAST(:until AS timestamptz)
    RETURNING import_id
)
DELETE FROM import_upload u
USING old
WHERE u.community_id = CAST(:community_id AS integer) AND u.import_id = old.import_id
