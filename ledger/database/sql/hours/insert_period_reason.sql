INSERT INTO period_reason (community_id, event_id, written_by, salt, reason)
VALUES (CAST(:community_id AS integer), CAST(:event_id AS uuid), CAST(:written_by AS uuid), CAST(:salt AS text),
    CAST(:reason AS text))
