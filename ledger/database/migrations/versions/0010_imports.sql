-- Imports: where each transfer came from, and what undid it.
SELECT 1;
