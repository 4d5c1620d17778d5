SELECT community_id, slug, name, issuer, origin
FROM community
WHERE slug = CAST(:slug AS text)
