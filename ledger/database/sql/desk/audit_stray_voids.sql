-- Requests that were answered as having released a hold, while no hold says so.
SELECT r.request_id
FROM request r
LEFT JOIN hold_resolution s ON s.community_id = r.community_id AND s.resolved_by = r.request_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.refusal IS NULL AND r.action = 'void_hold'
    AND s.hold_id IS NULL
LIMIT CAST(:most AS bigint)
