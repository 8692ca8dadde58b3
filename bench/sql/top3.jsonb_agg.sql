SELECT to_jsonb(article)
FROM (
	SELECT a.*, comments.comments
	FROM blog_article a
	LEFT JOIN LATERAL (
		SELECT coalesce(jsonb_agg(comment), '[]') AS comments
		FROM (
			SELECT *
			FROM blog_comment c
			WHERE c.article_id = a.id
			ORDER BY c.created_at DESC
			LIMIT 3
		) comment
	) comments ON true
	WHERE a.id <= $1
) article;
