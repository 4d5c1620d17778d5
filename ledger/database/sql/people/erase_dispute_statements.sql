-- What both sides said: each of them speaks of the other.
UPDATE dispute_statement
SET statement = NULL
WHERE community_id = CAST(:community_id AS integer) AND dispute_id = ANY(CAST(:dispute_ids AS uuid[]))
    AND statement IS NOT NULL
