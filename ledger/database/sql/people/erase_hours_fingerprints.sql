-- What was asked when something was written about claims and requests for care is remembered as a hash over the text:
-- under the id of what was made, or under that of the event the other side of a claim got. The ids are looked up
-- first, as one array: a community that is busy has a request for every claim.
UPDATE request
SET fingerprint = CAST(:fingerprint AS bytea)
WHERE community_id = CAST(:community_id AS integer) AND request_id = ANY(ARRAY(
    SELECT unnest(CAST(:request_ids AS uuid[]))
    UNION ALL
    SELECT event_id
    FROM event
    WHERE community_id = CAST(:community_id AS integer) AND member_id = ANY(CAST(:other_ids AS uuid[]))
        AND CAST(details AS jsonb) ->> 'claim' = ANY(CAST(:claim_texts AS text[]))
))
