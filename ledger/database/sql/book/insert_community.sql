INSERT INTO community (slug, name, issuer, origin, founded_at)
VALUES (CAST(:slug AS text), CAST(:name AS text), CAST(:issuer AS text), CAST(:origin AS text),
    CAST(:founded_at AS timestamptz))
ON CONFLICT DO NOTHING
RETURNING community_id
