-- Well-being after visits, and evidence packs.
SELECT 1;
