INSERT INTO event (community_id, recorded_at, leaf_index, event_id, kind, via, author_id, member_id, details, salt,
    digest)
SELECT CAST(:community_id AS integer), CAST(:recorded_at AS timestamptz), u.*
FROM unnest(CAST(:leaf_indexes AS bigint[]), CAST(:event_ids AS uuid[]), CAST(:kinds AS text[]),
    CAST(:vias AS text[]), CAST(:author_ids AS text[]), CAST(:member_ids AS uuid[]), CAST(:details AS text[]),
    CAST(:salts AS text[]), CAST(:digests AS text[])) AS u
