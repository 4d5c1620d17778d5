-- Those of the others whom the member is close to: a relative in either direction, somebody who acts for the
-- other on the day, or somebody they share an account with.
SELECT r.relative_id AS member_id
FROM relative r
WHERE r.community_id = CAST(:community_id AS integer) AND r.member_id = CAST(:member_id AS uuid)
    AND r.relative_id = ANY (CAST(:others AS uuid[]))
UNION
SELECT r.member_id
FROM relative r
WHERE r.community_id = CAST(:community_id AS integer) AND r.relative_id = CAST(:member_id AS uuid)
    AND r.member_id = ANY (CAST(:others AS uuid[]))
UNION
SELECT d.member_id
FROM delegation d
WHERE d.community_id = CAST(:community_id AS integer) AND d.delegate_id = CAST(:member_id AS uuid)
    AND d.member_id = ANY (CAST(:others AS uuid[])) AND d.ended_at IS NULL
    AND d.from_on <= CAST(:today AS date) AND (d.until_on IS NULL OR d.until_on >= CAST(:today AS date))
UNION
SELECT d.delegate_id
FROM delegation d
WHERE d.community_id = CAST(:community_id AS integer) AND d.member_id = CAST(:member_id AS uuid)
    AND d.delegate_id = ANY (CAST(:others AS uuid[])) AND d.ended_at IS NULL
    AND d.from_on <= CAST(:today AS date) AND (d.until_on IS NULL OR d.until_on >= CAST(:today AS date))
UNION
SELECT theirs.member_id
FROM account_holder own
JOIN account_holder theirs ON theirs.community_id = own.community_id AND theirs.account_id = own.account_id
WHERE own.community_id = CAST(:community_id AS integer) AND own.member_id = CAST(:member_id AS uuid)
    AND own.until IS NULL AND theirs.until IS NULL AND theirs.member_id = ANY (CAST(:others AS uuid[]))
