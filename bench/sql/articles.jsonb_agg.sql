-- Prisma's way: LATERAL and jsonb_agg. Prisma spells the columns out in jsonb_build_object, which takes as long.
SELECT to_jsonb(article)
FROM (
	SELECT a.*, to_jsonb(u) AS author, tags.tags, comments.comments
	FROM blog_article a
	LEFT JOIN auth_user u ON u.id = a.author_id
	LEFT JOIN LATERAL (
		SELECT coalesce(jsonb_agg(tag), '[]') AS tags
		FROM (
			SELECT t.*
			FROM blog_article_tags j
			JOIN blog_tag t ON t.id = j.tag_id
			WHERE j.article_id = a.id
		) tag
	) tags ON true
	LEFT JOIN LATERAL (
		SELECT coalesce(jsonb_agg(comment), '[]') AS comments
		FROM (
			SELECT c.*, to_jsonb(cu) AS author
			FROM blog_comment c
			LEFT JOIN auth_user cu ON cu.id = c.author_id
			WHERE c.article_id = a.id
		) comment
	) comments ON true
	WHERE a.id <= $1
) article;
