-- With the head locked, which is what makes the number the next one.
INSERT INTO social_target (community_id, measure, target_number, target, set_at, set_by)
SELECT CAST(:community_id AS integer), CAST(:measure AS text), coalesce(max(target_number), 0) + 1,
    CAST(:target AS bigint), CAST(:now AS timestamptz), CAST(:set_by AS uuid)
FROM social_target
WHERE community_id = CAST(:community_id AS integer) AND measure = CAST(:measure AS text)
