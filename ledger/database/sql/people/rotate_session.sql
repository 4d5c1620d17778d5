-- The old secret ends in the statement in which the new one begins; of two that come at once, one finds nothing.
WITH old AS (
    UPDATE session
    SET ended_at = CAST(:now AS timestamptz)
    WHERE community_id = CAST(:community_id AS integer) AND session_id = CAST(:session_id AS uuid)
        AND ended_at IS NULL AND expires_at > CAST(:now AS timestamptz)
    RETURNING member_id, method, device, started_at, expires_at
)
INSERT INTO session (community_id, session_hash, session_id, member_id, method, device, strong_at, started_at, seen_at,
    expires_at)
SELECT CAST(:community_id AS integer), CAST(:new_hash AS bytea), CAST(:new_id AS uuid), old.member_id, old.method,
    old.device, CAST(:strong_at AS timestamptz), old.started_at, CAST(:now AS timestamptz), old.expires_at
FROM old
RETURNING expires_at
