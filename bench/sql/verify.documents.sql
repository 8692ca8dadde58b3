-- The first document that differs, none where all are equal.
SELECT n, left(e.document::text, 3000) AS expected, left(a.document::text, 3000) AS actual
FROM pg_temp.expected e
FULL JOIN pg_temp.actual a USING (n)
WHERE e.document IS DISTINCT FROM a.document
ORDER BY n
LIMIT 1;
