INSERT INTO statement_wish (community_id, member_id, by_email, large_print, wished_at, wished_by)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:by_email AS boolean),
    CAST(:large_print AS boolean), CAST(:now AS timestamptz), CAST(:wished_by AS uuid))
ON CONFLICT ON CONSTRAINT statement_wish_pkey DO UPDATE
SET by_email = excluded.by_email, large_print = excluded.large_print, wished_at = excluded.wished_at,
    wished_by = excluded.wished_by
