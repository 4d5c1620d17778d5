-- An export says which schema its tables are of.
GRANT SELECT ON alembic_version TO carehours_service;
