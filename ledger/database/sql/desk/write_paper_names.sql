INSERT INTO paper_name (community_id, source_key, at, by_id, written, member_id)
SELECT CAST(:community_id AS integer), CAST(:source_key AS text), CAST(:now AS timestamptz), CAST(:by_id AS uuid), u.*
FROM unnest(CAST(:written AS text[]), CAST(:member_ids AS uuid[])) AS u
ON CONFLICT (community_id, source_key, written)
DO UPDATE SET member_id = excluded.member_id, at = excluded.at, by_id = excluded.by_id
