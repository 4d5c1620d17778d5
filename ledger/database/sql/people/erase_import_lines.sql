DELETE FROM import_line i
USING entry e, log_leaf l
WHERE e.community_id = CAST(:community_id AS integer) AND e.account_id = ANY (CAST(:account_ids AS uuid[]))
    AND l.community_id = e.community_id AND l.leaf_index = e.leaf_index
    AND i.community_id = l.community_id AND i.transfer_id = l.transfer_id
