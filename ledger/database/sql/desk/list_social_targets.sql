SELECT DISTINCT ON (measure) measure, target
FROM social_target
WHERE community_id = CAST(:community_id AS integer)
ORDER BY measure, target_number DESC
