-- The first co-ordinator's, whom nobody could appoint.
INSERT INTO member_role (community_id, member_id, role, granted_at)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), 'coordinator', CAST(:now AS timestamptz))
