-- Requests for care that wait still: those a member asked for or was asked for, and those to come which they took.
SELECT care_request_id, receiver_id, state, event_count, hold_id, held_seconds, payer_account_id, asked_at,
    taken_by
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND receiver_id = CAST(:member_id AS uuid)
    AND state IN ('open', 'taken') AND expires_at > CAST(:now AS timestamptz)
UNION ALL
SELECT care_request_id, receiver_id, state, event_count, hold_id, held_seconds, payer_account_id, asked_at,
    taken_by
FROM care_request
WHERE community_id = CAST(:community_id AS integer) AND taken_by = CAST(:member_id AS uuid)
    AND care_on >= CAST(:today AS date) AND state = 'taken' AND expires_at > CAST(:now AS timestamptz)
ORDER BY care_request_id
