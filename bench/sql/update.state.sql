-- The articles that were changed.
SELECT count(*) || ' articles, ' || coalesce(md5(string_agg(a::text, ',' ORDER BY id)), 'none')
FROM blog_article a WHERE comment_count <> 8;
