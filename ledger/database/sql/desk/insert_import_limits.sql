INSERT INTO import_limit (community_id, import_id, account_id, floor_before, ceiling_before, floor, ceiling)
SELECT CAST(:community_id AS integer), CAST(:import_id AS uuid), u.*
FROM unnest(CAST(:account_ids AS uuid[]), CAST(:floors_before AS bigint[]), CAST(:ceilings_before AS bigint[]),
    CAST(:floors AS bigint[]), CAST(:ceilings AS bigint[])) AS u
ON CONFLICT (community_id, import_id, account_id)
    DO UPDATE SET floor = EXCLUDED.floor, ceiling = EXCLUDED.ceiling
