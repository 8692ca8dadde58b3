-- The same rows as COPY reads them.
SELECT string_agg(format(E'Comment %s with some text in it\t%s\t%s\t%s\n', i,
	timestamptz '2024-03-01 00:00+00' + i * interval '1 second', 1 + i * 7919 % 50000, 1 + i * 13 % 2000), '' ORDER BY i)
FROM generate_series(1, 10000) i;
