-- PostgREST's way, LATERAL and json_agg, in the fastest form found: to-one relations as plain joins (LATERAL costs
-- planning and changes no plan), rows for json_agg from a subselect (a whole-row reference is built before the join).
SELECT row_to_json(article)
FROM (
	SELECT a.*, row_to_json(u) AS author, tags.tags, comments.comments
	FROM blog_article a
	LEFT JOIN auth_user u ON u.id = a.author_id
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(tag), '[]') AS tags
		FROM (
			SELECT t.*
			FROM blog_article_tags j
			JOIN blog_tag t ON t.id = j.tag_id
			WHERE j.article_id = a.id
		) tag
	) tags ON true
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(comment), '[]') AS comments
		FROM (
			SELECT c.*, row_to_json(cu) AS author
			FROM blog_comment c
			LEFT JOIN auth_user cu ON cu.id = c.author_id
			WHERE c.article_id = a.id
		) comment
	) comments ON true
	WHERE a.id <= $1
) article;
