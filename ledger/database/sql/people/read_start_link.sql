-- A link that was used and is not too old, with what it founded.
SELECT founded_id, first_member_id
FROM start_link
WHERE link_hash = CAST(:link_hash AS bytea) AND used_at IS NOT NULL AND expires_at > CAST(:now AS timestamptz)
