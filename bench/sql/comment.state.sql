-- The comments that were created.
SELECT count(*) || ' comments, ' || coalesce(md5(string_agg(c::text, ',' ORDER BY id)), 'none')
FROM blog_comment c WHERE id > 400000;
