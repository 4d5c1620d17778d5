-- The columns of these tables that are written, in their order, and which of them make the key.
SELECT CAST(c.relname AS text) AS table_name, CAST(a.attname AS text) AS column_name,
    CAST(CAST(a.atttypid AS regtype) AS text) AS type_name,
    CAST(array_position(CAST(i.indkey AS smallint[]), a.attnum) AS integer) AS key_place
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relname = ANY(CAST(:tables AS text[])) AND a.attname <> 'community_id'
ORDER BY c.relname, a.attnum
