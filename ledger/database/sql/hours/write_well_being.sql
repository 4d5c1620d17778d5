-- Nothing comes back when the week is over in which an answer may be changed.
INSERT INTO well_being AS w (community_id, claim_id, member_id, side, visit, after, answer_id, via, answered_at)
VALUES (CAST(:community_id AS integer), CAST(:claim_id AS uuid), CAST(:member_id AS uuid), CAST(:side AS text),
    CAST(:visit AS smallint), CAST(:after AS smallint), CAST(:answer_id AS uuid), CAST(:via AS text),
    CAST(:now AS timestamptz))
ON CONFLICT (community_id, claim_id, member_id) DO UPDATE
SET visit = excluded.visit, after = excluded.after, answer_id = excluded.answer_id, via = excluded.via
WHERE w.answered_at > CAST(:changeable_since AS timestamptz)
RETURNING answer_id
