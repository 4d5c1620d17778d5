INSERT INTO person (community_id, member_id, name, skeleton, email, phone, address, languages, birth_year)
VALUES (CAST(:community_id AS integer), CAST(:member_id AS uuid), CAST(:name AS text), CAST(:skeleton AS text),
    CAST(:email AS text), CAST(:phone AS text), CAST(:address AS text), CAST(:languages AS text[]),
    CAST(:birth_year AS smallint))
