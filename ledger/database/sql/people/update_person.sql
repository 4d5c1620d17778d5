UPDATE person
SET name = CAST(:name AS text), skeleton = CAST(:skeleton AS text), email = CAST(:email AS text),
    phone = CAST(:phone AS text), address = CAST(:address AS text), languages = CAST(:languages AS text[]),
    birth_year = CAST(:birth_year AS smallint)
WHERE community_id = CAST(:community_id AS integer) AND member_id = CAST(:member_id AS uuid)
