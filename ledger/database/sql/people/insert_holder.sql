-- Who held the account until this very second holds it on: moments are whole seconds, and a row's key.
INSERT INTO account_holder (community_id, account_id, member_id, since)
VALUES (CAST(:community_id AS integer), CAST(:account_id AS uuid), CAST(:member_id AS uuid),
    CAST(:since AS timestamptz))
ON CONFLICT ON CONSTRAINT account_holder_pkey DO UPDATE SET until = NULL
