-- What was asked when somebody was enrolled, changed or written about is remembered as a hash, from which a name or
-- a note could be guessed. Events have the ids of the requests that caused them. The ids are looked up first, as one
-- array: a community that is busy has a request for every claim.
UPDATE request
SET fingerprint = CAST(:fingerprint AS bytea)
WHERE community_id = CAST(:community_id AS integer) AND request_id = ANY(ARRAY(
    SELECT unnest(CAST(:request_ids AS uuid[]))
    UNION ALL
    SELECT event_id
    FROM event
    WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
))
