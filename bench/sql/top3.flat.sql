-- node root
SELECT * FROM blog_article WHERE id <= $1;

-- Faster than LATERAL with LIMIT: there is no index on (article_id, created_at).
-- node comments
SELECT id, text, created_at, article_id, author_id
FROM (
	SELECT *, row_number() OVER (PARTITION BY article_id ORDER BY created_at DESC) AS place
	FROM blog_comment
	WHERE article_id = ANY (ARRAY(SELECT id FROM blog_article WHERE id <= $1))
) comment
WHERE place <= 3;
