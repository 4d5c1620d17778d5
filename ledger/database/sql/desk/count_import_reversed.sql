-- How many transfers of an import were reversed by somebody, before it is undone.
SELECT count(*) AS transfers
FROM import_line l
JOIN transfer r ON r.community_id = l.community_id AND r.reverses_id = l.transfer_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.import_id = CAST(:import_id AS uuid)
