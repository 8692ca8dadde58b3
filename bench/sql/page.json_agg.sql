-- Limit first, joins after; the author by a correlated subselect, because a join of 20 articles with the users hashes
-- all of these.
SELECT row_to_json(article)
FROM (
	SELECT a.*, (SELECT row_to_json(u) FROM auth_user u WHERE u.id = a.author_id) AS author, tags.tags
	FROM (
		SELECT *
		FROM blog_article
		WHERE published
		ORDER BY created_at DESC
		LIMIT 20
	) a
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(tag), '[]') AS tags
		FROM (
			SELECT t.*
			FROM blog_article_tags j
			JOIN blog_tag t ON t.id = j.tag_id
			WHERE j.article_id = a.id
		) tag
	) tags ON true
	ORDER BY a.created_at DESC
) article;
