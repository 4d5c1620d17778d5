SELECT slug, issuer, origin, CAST(founded_at AS text) AS founded_at
FROM community
WHERE community_id = CAST(:community_id AS integer)
