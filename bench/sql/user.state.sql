SELECT count(*) || ' users, ' || coalesce(md5(string_agg(u::text, ',' ORDER BY id)), 'none') FROM auth_user u;
