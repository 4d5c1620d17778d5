-- Nothing comes back when somebody else has changed it since it was seen.
INSERT INTO social_text AS t (community_id, from_on, until_on, aims, deeds, difference, learned, change_count, written_by,
    written_at)
SELECT CAST(:community_id AS integer), CAST(:from_on AS date), CAST(:until_on AS date), CAST(:aims AS text),
    CAST(:deeds AS text), CAST(:difference AS text), CAST(:learned AS text), CAST(:seen AS integer) + 1,
    CAST(:written_by AS uuid), CAST(:now AS timestamptz)
ON CONFLICT (community_id, from_on, until_on) DO UPDATE
SET aims = excluded.aims, deeds = excluded.deeds, difference = excluded.difference, learned = excluded.learned,
    change_count = excluded.change_count, written_by = excluded.written_by, written_at = excluded.written_at
WHERE t.change_count = CAST(:seen AS integer)
RETURNING change_count
