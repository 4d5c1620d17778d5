-- Those of the file, as long as nothing of it is posted: later, what is left to do is less.
UPDATE import_run r
SET totals = CAST(:totals AS text)
WHERE r.community_id = CAST(:community_id AS integer) AND r.import_id = CAST(:import_id AS uuid)
    AND NOT (EXISTS (SELECT FROM import_line l WHERE l.community_id = r.community_id AND l.import_id = r.import_id)
        OR EXISTS (SELECT FROM import_opening o WHERE o.community_id = r.community_id AND o.import_id = r.import_id)
        OR EXISTS (SELECT FROM import_limit m WHERE m.community_id = r.community_id AND m.import_id = r.import_id))
