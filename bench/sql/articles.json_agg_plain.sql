-- LATERAL and json_agg as one finds it written: json_agg(row_to_json(row)) over the joined tables' own rows.
-- The whole row of blog_tag is built for each of its rows an article, before the join.
SELECT row_to_json(article)
FROM (
	SELECT a.*, row_to_json(u) AS author, tags.tags, comments.comments
	FROM blog_article a
	LEFT JOIN auth_user u ON u.id = a.author_id
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(row_to_json(t)), '[]') AS tags
		FROM blog_article_tags j
		JOIN blog_tag t ON t.id = j.tag_id
		WHERE j.article_id = a.id
	) tags ON true
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(row_to_json(comment)), '[]') AS comments
		FROM (
			SELECT c.*, row_to_json(cu) AS author
			FROM blog_comment c
			LEFT JOIN auth_user cu ON cu.id = c.author_id
			WHERE c.article_id = a.id
		) comment
	) comments ON true
	WHERE a.id <= $1
) article;
