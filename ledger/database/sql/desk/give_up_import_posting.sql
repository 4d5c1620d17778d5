-- A posting that failed before it posted anything is over.
UPDATE import_run r
SET state = CAST(:state AS text), posted_by = NULL, alone = false
WHERE r.community_id = CAST(:community_id AS integer) AND r.import_id = CAST(:import_id AS uuid) AND r.state = 'posting'
    AND NOT (EXISTS (SELECT FROM import_line l WHERE l.community_id = r.community_id AND l.import_id = r.import_id)
        OR EXISTS (SELECT FROM import_opening o WHERE o.community_id = r.community_id AND o.import_id = r.import_id)
        OR EXISTS (SELECT FROM import_limit m WHERE m.community_id = r.community_id AND m.import_id = r.import_id))
RETURNING r.import_id
