-- Two round trips: the second because the first has found nothing.
SELECT row_to_json(u) FROM auth_user u WHERE username = $1;
INSERT INTO auth_user AS u (username, email, first_name, is_staff, date_joined) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (username) DO NOTHING RETURNING row_to_json(u);
