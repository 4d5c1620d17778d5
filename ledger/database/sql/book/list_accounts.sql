-- A page of accounts in order of code: those with codes in a range, of one kind, closed or open, as asked.
SELECT a.account_id, a.code
FROM account a
WHERE a.community_id = CAST(:community_id AS integer) AND a.code > CAST(:after AS text)
    AND a.code >= CAST(:code_from AS text) AND a.code < CAST(:code_before AS text)
    AND (CAST(:kind AS text) IS NULL OR a.kind = CAST(:kind AS text))
    AND (CAST(:closed AS boolean) IS NULL OR CAST(:closed AS boolean) = (
        SELECT closed
        FROM balance
        WHERE community_id = CAST(:community_id AS integer) AND account_id = a.account_id))
ORDER BY a.code
LIMIT CAST(:at_most AS integer)
