SELECT '{"model": "auth_user"}', '{"username": "user$1"}',
	'{"email": "user$1@example.com", "first_name": "First", "is_staff": false, "date_joined": "2024-03-01T12:00:00+00:00"}';
