-- An export says which schema its tables are of.
GRANT SELECT ON alembic_version TO carehours_service;

-- A community that goes on elsewhere: with the head locked, every writer sees it.
ALTER TABLE log_head
    ADD COLUMN moved_to text,
    ADD CONSTRAINT log_head_moved_check CHECK (moved_to ~ '^https?://[^/]+$');
COMMENT ON COLUMN log_head.moved_to IS 'URL of the service the community moved to; NULL while it is here';
GRANT UPDATE (moved_to) ON log_head TO carehours_service;
