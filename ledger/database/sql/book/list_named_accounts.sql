-- As list_accounts, of those alone whose holder's name looks as if it had this in it, or that have it in their own name.
WITH named AS MATERIALIZED (
    SELECT h.account_id
    FROM person p
    JOIN account_holder h ON h.community_id = CAST(:community_id AS integer) AND h.member_id = p.member_id
        AND h.until IS NULL
    WHERE p.community_id = CAST(:community_id AS integer) AND strpos(p.skeleton, CAST(:looks_like AS text)) > 0
    UNION
    SELECT account_id
    FROM account_name
    WHERE community_id = CAST(:community_id AS integer)
        AND strpos(lower(name), lower(CAST(:part AS text))) > 0
)
SELECT a.account_id, a.code
FROM named n
CROSS JOIN LATERAL (
    SELECT account_id, code, kind
    FROM account
    WHERE community_id = CAST(:community_id AS integer) AND account_id = n.account_id
    OFFSET 0
) a
WHERE a.code > CAST(:after AS text) AND a.code >= CAST(:code_from AS text) AND a.code < CAST(:code_before AS text)
    AND (CAST(:kind AS text) IS NULL OR a.kind = CAST(:kind AS text))
    AND (CAST(:closed AS boolean) IS NULL OR CAST(:closed AS boolean) = (
        SELECT closed
        FROM balance
        WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id))
ORDER BY a.code
LIMIT CAST(:at_most AS integer)
