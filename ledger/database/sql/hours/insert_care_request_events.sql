INSERT INTO care_request_event (community_id, at, care_request_id, event_number, kind, by_id, via, for_member_id,
    claim_id)
SELECT CAST(:community_id AS integer), CAST(:now AS timestamptz), u.*
FROM unnest(CAST(:care_request_ids AS uuid[]), CAST(:event_numbers AS integer[]), CAST(:kinds AS text[]),
    CAST(:bys AS text[]), CAST(:vias AS text[]), CAST(:fors AS uuid[]), CAST(:claim_ids AS uuid[])) AS u
