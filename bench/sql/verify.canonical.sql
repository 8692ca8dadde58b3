-- wire to actual. $1: the order of the documents counts, else they are put in the order of their ids.
-- $2: the order inside arrays counts, else theirs too. A page is taken apart into its total and its objects.
WITH documents (n, document) AS (
	SELECT row_number() OVER (ORDER BY wire.n, part.n), part.document
	FROM (SELECT n, document::jsonb FROM pg_temp.wire) wire,
	LATERAL (
		SELECT 0 AS n, CASE WHEN wire.document ? 'items' THEN wire.document -> 'total' ELSE wire.document END AS document
		UNION ALL
		SELECT item.n, item.document
		FROM jsonb_array_elements(CASE WHEN wire.document ? 'items' THEN wire.document -> 'items' END)
			WITH ORDINALITY AS item (document, n)
	) part
)
INSERT INTO pg_temp.actual
SELECT
	CASE WHEN $1::boolean THEN n ELSE row_number() OVER (ORDER BY document ->> 'id', n) END,
	CASE WHEN $2::boolean OR jsonb_typeof(document) <> 'object' THEN document ELSE (
		SELECT jsonb_object_agg(key, CASE WHEN jsonb_typeof(value) <> 'array' THEN value ELSE (
			SELECT coalesce(jsonb_agg(element ORDER BY element ->> 'id'), '[]')
			FROM jsonb_array_elements(value) element
		) END)
		FROM jsonb_each(document)
	) END
FROM documents;
