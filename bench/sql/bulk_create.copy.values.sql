-- The same rows as COPY reads them.
SELECT string_agg(format(E'Article number %s\t%s\t%s\t%s\t%s\n', i, repeat('Lorem ipsum "dolor" sit amet. ', 10),
	i % 10 <> 0, timestamptz '2024-03-01 00:00+00' + i * interval '1 second', 1 + i * 7919 % 2000), '' ORDER BY i)
FROM generate_series(1, 10000) i;
