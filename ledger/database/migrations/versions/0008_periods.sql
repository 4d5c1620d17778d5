-- The closing of a period: its checklist, its trial balance, and its opening again.
SELECT 1;
