-- Files that wait may name anybody: they are sent again by whoever still wants them. One that is half posted is needed
-- until it is finished or undone; the report about it is not.
WITH reported AS (
    UPDATE import_upload u
    SET report = NULL
    FROM import_run r
    WHERE u.community_id = CAST(:community_id AS integer) AND r.community_id = u.community_id
        AND r.import_id = u.import_id AND r.state = 'posting'
), waiting AS (
    UPDATE import_run
    SET state = 'abandoned'
    WHERE community_id = CAST(:community_id AS integer) AND state IN ('checking', 'waiting', 'refused')
    RETURNING import_id
)
DELETE FROM import_upload u
USING waiting
WHERE u.community_id = CAST(:community_id AS integer) AND u.import_id = waiting.import_id
