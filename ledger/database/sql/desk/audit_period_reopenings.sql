-- Every closing that was reopened.
SELECT CAST(closing_number AS text) AS closing_number, CAST(reopened_at AS text) AS reopened_at,
    CAST(reopened_by AS text) AS reopened_by, CAST(proposed_by AS text) AS proposed_by
FROM period_reopening
WHERE community_id = CAST(:community_id AS integer)
ORDER BY period_reopening.closing_number
