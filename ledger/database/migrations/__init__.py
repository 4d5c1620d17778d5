"""The schema, step by step: hand-written SQL, run by alembic."""
