-- What is left.
SELECT format('%s articles from %s, %s comments from %s, %s tags from %s', a.n, a.least, c.n, c.least, t.n, t.least)
FROM (SELECT count(*) AS n, min(id) AS least FROM blog_article) a,
	(SELECT count(*) AS n, min(article_id) AS least FROM blog_comment) c,
	(SELECT count(*) AS n, min(article_id) AS least FROM blog_article_tags) t;
