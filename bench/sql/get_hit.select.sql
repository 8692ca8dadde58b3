-- All that a caller by hand sends where the row is there.
SELECT row_to_json(u), false AS created FROM auth_user u WHERE username = $1;
