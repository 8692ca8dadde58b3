-- The articles that were created.
SELECT count(*) || ' articles, ' || coalesce(md5(string_agg(a::text, ',' ORDER BY id)), 'none')
FROM blog_article a WHERE id > 50000;
