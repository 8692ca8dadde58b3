DELETE FROM auth_user WHERE id > 2000;
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), 2000);
VACUUM auth_user;
