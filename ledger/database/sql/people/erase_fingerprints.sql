UPDATE request
SET fingerprint = CAST(:fingerprint AS bytea)
WHERE community_id = CAST(:community_id AS integer) AND request_id = ANY (CAST(:request_ids AS uuid[]))
