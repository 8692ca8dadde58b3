SELECT json_agg(json_build_object('text', 'Comment ' || i || ' with some text in it',
	'created_at', timestamptz '2024-03-01 00:00+00' + i * interval '1 second',
	'article_id', 1 + i * 7919 % 50000, 'author_id', 1 + i * 13 % 2000) ORDER BY i)
FROM generate_series(1, 10000) i;
