-- Requests that were answered as done, and whose account or hold is not there. A transfer is not remembered here but
-- as itself; any other action is an act outside the books.
SELECT r.request_id, r.action
FROM request r
LEFT JOIN account a ON a.community_id = r.community_id AND a.account_id = r.request_id
LEFT JOIN hold h ON h.community_id = r.community_id AND h.hold_id = r.request_id
WHERE r.community_id = CAST(:community_id AS integer) AND r.refusal IS NULL
    AND ((r.action = 'open_account' AND a.account_id IS NULL) OR (r.action = 'place_hold' AND h.hold_id IS NULL)
        OR r.action IN ('post_transfer', 'reverse_transfer'))
LIMIT CAST(:most AS bigint)
