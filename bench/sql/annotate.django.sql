-- Article.objects.filter(id__lte=…).annotate(nc=Count("comments", distinct=True), nt=Count("tags", distinct=True)):
-- both relations are joined, eight comments times three tags an article, and DISTINCT undoes that.
SELECT row_to_json(article)
FROM (
	SELECT a.*, count(DISTINCT c.id) AS nc, count(DISTINCT t.tag_id) AS nt
	FROM blog_article a
	LEFT JOIN blog_comment c ON c.article_id = a.id
	LEFT JOIN blog_article_tags t ON t.article_id = a.id
	WHERE a.id <= $1
	GROUP BY a.id
) article;
