-- What paper said on the lines that mean a member, or may: names, notes, references, and why they were decided so. The
-- files they stood in go too, with their names, and so does whom a written name meant. Before the name itself goes: a
-- source or a file may be called by it.
WITH lines AS (
    UPDATE paper_line
    SET provider_name = NULL, receiver_name = NULL, note = NULL, reference = NULL
    WHERE community_id = CAST(:community_id AS integer)
        AND (CAST(:member_id AS uuid) = ANY (provider_ids) OR CAST(:member_id AS uuid) = ANY (receiver_ids))
    RETURNING round_id, line_number
), reasons AS (
    DELETE FROM paper_reason r
    USING lines l
    WHERE r.community_id = CAST(:community_id AS integer) AND r.round_id = l.round_id
        AND r.line_number = l.line_number
), named AS (
    SELECT lower(name) AS name
    FROM person
    WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
), rounds AS (
    SELECT round_id FROM lines
    UNION
    SELECT r.round_id
    FROM paper_round r
    JOIN named ON strpos(lower(r.source), named.name) > 0 OR strpos(lower(r.file_name), named.name) > 0
    WHERE r.community_id = CAST(:community_id AS integer)
), files AS (
    DELETE FROM paper_file
    WHERE community_id = CAST(:community_id AS integer) AND round_id IN (SELECT round_id FROM rounds)
), names AS (
    DELETE FROM paper_name
    WHERE community_id = CAST(:community_id AS integer) AND (member_id = CAST(:member_id AS uuid)
        OR EXISTS (SELECT FROM named WHERE strpos(source_key, named.name) > 0))
), readings AS (
    DELETE FROM paper_reading
    WHERE community_id = CAST(:community_id AS integer)
        AND EXISTS (SELECT FROM named WHERE strpos(source_key, named.name) > 0)
)
UPDATE paper_round r
SET file_name = NULL, reading = CASE WHEN reading IS NULL THEN NULL ELSE '{}' END,
    source = CASE WHEN EXISTS (SELECT FROM named WHERE strpos(lower(r.source), named.name) > 0) THEN '-' ELSE source END
WHERE r.community_id = CAST(:community_id AS integer) AND r.round_id IN (SELECT round_id FROM rounds)
