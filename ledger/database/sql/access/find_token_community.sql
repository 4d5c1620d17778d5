-- Which community a token belongs to: the one look-up that crosses the wall between communities.
SELECT community_of_token(CAST(:token_id AS text)) AS community_id
