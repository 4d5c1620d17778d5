-- What goes with a batch now and then, in one round trip: notes, authors, and what was answered without a transfer.
SELECT append_beside(CAST(:community_id AS integer), CAST(:now AS timestamptz),
    CAST(:noted_ids AS uuid[]), CAST(:note_salts AS text[]), CAST(:notes AS text[]),
    CAST(:authored_ids AS uuid[]), CAST(:member_ids AS uuid[]), CAST(:for_member_ids AS uuid[]),
    CAST(:author_salts AS text[]),
    CAST(:request_ids AS uuid[]), CAST(:actions AS text[]), CAST(:fingerprints AS bytea[]),
    CAST(:refusals AS text[]), CAST(:details AS text[]))
