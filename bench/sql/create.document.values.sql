SELECT 'blog_article',
	json_build_object('title', 'Article number $1', 'content', repeat('Lorem ipsum "dolor" sit amet. ', 10),
		'published', true, 'created_at', '2024-03-01T12:00:00+00:00', 'author_id', 7);
