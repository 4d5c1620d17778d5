-- What was asked when somebody was enrolled, changed or written about is remembered as a hash, from which a name or
-- a note could be guessed. Events have the ids of the requests that caused them.
UPDATE request r
SET fingerprint = CAST(:fingerprint AS bytea)
WHERE r.community_id = CAST(:community_id AS integer)
    AND (r.request_id = ANY (CAST(:request_ids AS uuid[]))
        OR EXISTS (
            SELECT 1
            FROM event e
            WHERE e.community_id = r.community_id AND e.event_id = r.request_id
                AND e.member_id = CAST(:member_id AS uuid)
        ))
