-- The files of rounds that nobody ended in all that time. Their lines can still be decided and signed off.
DELETE FROM paper_file f
USING paper_round r
WHERE f.community_id = CAST(:community_id AS integer) AND r.community_id = f.community_id
    AND r.round_id = f.round_id AND r.made_at < CAST(:before AS timestamptz)
