-- Take one e-mail upon oneself. No row where it was sent, or where nobody knows whether it was.
INSERT INTO statement_sent AS s (community_id, member_id, account_id, from_on, until_on, state, begun_at)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:account_id AS uuid),
    CAST(:from_on AS date), CAST(:until_on AS date), 'sending', CAST(:now AS timestamptz))
ON CONFLICT ON CONSTRAINT statement_sent_pkey DO UPDATE
SET state = 'sending', begun_at = excluded.begun_at
WHERE s.state = 'refused'
RETURNING s.member_id
