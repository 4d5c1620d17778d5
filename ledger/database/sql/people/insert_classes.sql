INSERT INTO member_class (community_id, member_id, class, from_on, until_on)
SELECT CAST(:community_id AS integer), CAST(:member_id AS uuid), u.*
FROM unnest(CAST(:classes AS text[]), CAST(:from_ons AS date[]), CAST(:until_ons AS date[])) AS u
