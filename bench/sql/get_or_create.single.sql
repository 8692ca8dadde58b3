-- Where a concurrent twin wins, this returns nothing, and has to be sent again.
WITH found AS (
	SELECT row_to_json(u) AS object FROM auth_user u WHERE username = $1
), made AS (
	INSERT INTO auth_user AS u (username, email, first_name, is_staff, date_joined)
	SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM found)
	ON CONFLICT (username) DO NOTHING
	RETURNING row_to_json(u) AS object
)
SELECT object, false AS created FROM found UNION ALL SELECT object, true FROM made;
