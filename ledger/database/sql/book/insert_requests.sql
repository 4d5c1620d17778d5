INSERT INTO request (community_id, answered_at, request_id, action, fingerprint, refusal, detail)
SELECT CAST(:community_id AS integer), CAST(:answered_at AS timestamptz), u.*
FROM unnest(CAST(:request_ids AS uuid[]), CAST(:actions AS text[]), CAST(:fingerprints AS bytea[]),
    CAST(:refusals AS text[]), CAST(:details AS text[])) AS u
