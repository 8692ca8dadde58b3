-- The same as one finds it written: the planner does not carry the articles' filter into the groups, so all comments
-- and tags are counted.
SELECT row_to_json(article)
FROM (
	SELECT a.*, coalesce(c.nc, 0) AS nc, coalesce(t.nt, 0) AS nt
	FROM blog_article a
	LEFT JOIN (
		SELECT article_id, count(*) AS nc
		FROM blog_comment
		GROUP BY article_id
	) c ON c.article_id = a.id
	LEFT JOIN (
		SELECT article_id, count(*) AS nt
		FROM blog_article_tags
		GROUP BY article_id
	) t ON t.article_id = a.id
	WHERE a.id <= $1
) article;
