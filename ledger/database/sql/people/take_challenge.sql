-- Deleted as it is read, so that of two that come at once with one challenge only one finds it.
DELETE FROM challenge
WHERE community_id = CAST(:community_id AS integer) AND challenge = CAST(:challenge AS bytea)
    AND purpose = CAST(:purpose AS text) AND browser_hash = CAST(:browser_hash AS bytea)
    AND member_id IS NOT DISTINCT FROM CAST(:member_id AS uuid) AND expires_at > CAST(:now AS timestamptz)
RETURNING challenge
