-- The transfers of an import that were reversed, by whomever, each with its reversal.
SELECT l.transfer_id, r.transfer_id AS reversal_id
FROM import_line l
JOIN transfer r ON r.community_id = l.community_id AND r.reverses_id = l.transfer_id
WHERE l.community_id = CAST(:community_id AS integer) AND l.import_id = CAST(:import_id AS uuid)
