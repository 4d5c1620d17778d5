SELECT community_id, slug, name, issuer, origin
FROM community
ORDER BY community_id
