-- Statements, and the monthly run.
SELECT 1;
