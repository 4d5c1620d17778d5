SELECT aims, deeds, difference, learned, change_count, written_by, written_at
FROM social_text
WHERE community_id = CAST(:community_id AS integer) AND from_on = CAST(:from_on AS date)
    AND until_on = CAST(:until_on AS date)
