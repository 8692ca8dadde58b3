SELECT json_agg(json_build_object('title', 'Article number ' || i, 'content', repeat('Lorem ipsum "dolor" sit amet. ', 10),
	'published', i % 10 <> 0, 'created_at', timestamptz '2024-03-01 00:00+00' + i * interval '1 second',
	'author_id', 1 + i * 7919 % 2000) ORDER BY i)
FROM generate_series(1, 10000) i;
