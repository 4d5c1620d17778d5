INSERT INTO member (community_id, member_id, member_number, status, status_since, joined_on, frail, change_count,
    enrolled_at)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:member_number AS integer),
    CAST(:status AS text), CAST(:joined_on AS date), CAST(:joined_on AS date), false, 1,
    CAST(:enrolled_at AS timestamptz))
