INSERT INTO account (community_id, opened_at, account_id, kind, code, peer_slug)
SELECT CAST(:community_id AS integer), CAST(:opened_at AS timestamptz), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:codes AS text[]),
    CAST(:peer_slugs AS text[])) AS u
