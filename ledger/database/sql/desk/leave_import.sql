-- Ends what is half in or half taken back: it stays as it is.
UPDATE import_run r
SET state = CASE
        WHEN r.posted_at IS NOT NULL THEN 'posted'
        WHEN EXISTS (SELECT FROM import_line l WHERE l.community_id = r.community_id AND l.import_id = r.import_id)
            OR EXISTS (SELECT FROM import_opening o WHERE o.community_id = r.community_id AND o.import_id = r.import_id)
            OR EXISTS (SELECT FROM import_limit m WHERE m.community_id = r.community_id AND m.import_id = r.import_id)
            THEN 'incomplete'
        ELSE 'abandoned'
    END,
    undone_by = NULL, transfer_count = CAST(:transfer_count AS bigint), moved_seconds = CAST(:moved_seconds AS bigint)
WHERE r.community_id = CAST(:community_id AS integer) AND r.import_id = CAST(:import_id AS uuid) AND r.state IN ('posting', 'undoing')
RETURNING r.state, r.transfer_count, r.moved_seconds
