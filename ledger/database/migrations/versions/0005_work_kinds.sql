-- More kinds of long work.
ALTER TABLE work DROP CONSTRAINT work_kind_check;
ALTER TABLE work ADD CONSTRAINT work_kind_check
    CHECK (kind IN ('audit', 'matching', 'import', 'export', 'statements', 'report'));
