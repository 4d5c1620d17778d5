-- Files that wait may name anybody: they are sent again by whoever still wants them. One that is half posted is needed
-- until it is finished or undone; the report about it is not. What any file was called goes too: nobody can tell whom it
-- is called after.
WITH reported AS (
    UPDATE import_upload u
    SET report = NULL
    FROM import_run r
    WHERE u.community_id = CAST(:community_id AS integer) AND r.community_id = u.community_id
        AND r.import_id = u.import_id AND r.state = 'posting'
), runs AS (
    UPDATE import_run
    SET file_name = NULL,
        state = CASE WHEN state IN ('checking', 'waiting', 'refused') THEN 'abandoned' ELSE state END
    WHERE community_id = CAST(:community_id AS integer)
    RETURNING import_id, state
)
DELETE FROM import_upload u
USING runs
WHERE u.community_id = CAST(:community_id AS integer) AND u.import_id = runs.import_id AND runs.state = 'abandoned'
