-- Every closing, in order.
SELECT CAST(closing_number AS text) AS closing_number, CAST(through_on AS text) AS through_on,
    CAST(closed_at AS text) AS closed_at, CAST(closed_by AS text) AS closed_by, CAST(event_id AS text) AS event_id,
    CAST(recorded_event_id AS text) AS recorded_event_id,
    CAST(CAST(extract(epoch FROM ends_at) AS bigint) AS text) AS ends_at, CAST(tree_size AS text) AS tree_size,
    CAST(account_count AS text) AS account_count, encode(root, 'hex') AS root
FROM closed_period
WHERE community_id = CAST(:community_id AS integer)
ORDER BY closed_period.closing_number
