INSERT INTO transfer (community_id, recorded_at, transfer_id, leaf_index, kind, service_on, reverses_id, hold_id,
    fingerprint, note_digest)
SELECT CAST(:community_id AS integer), CAST(:recorded_at AS timestamptz), u.*
FROM unnest(CAST(:transfer_ids AS uuid[]), CAST(:leaf_indexes AS bigint[]), CAST(:kinds AS text[]),
    CAST(:service_dates AS date[]), CAST(:reverses_ids AS uuid[]), CAST(:hold_ids AS uuid[]),
    CAST(:fingerprints AS bytea[]), CAST(:note_digests AS text[])) AS u
