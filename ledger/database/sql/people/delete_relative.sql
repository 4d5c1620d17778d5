-- Whichever of the two it was recorded for.
DELETE FROM relative
WHERE community_id = CAST(:community_id AS integer)
    AND (member_id = CAST(:member_id AS uuid) AND relative_id = CAST(:relative_id AS uuid)
        OR member_id = CAST(:relative_id AS uuid) AND relative_id = CAST(:member_id AS uuid))
RETURNING relation
