-- The first row that is in the documents only or in the flat rows only, none where both hold the same.
-- A document is taken apart into the rows it was made of; a tag gets the article_id that its junction row carries.
WITH graph (node, content) AS MATERIALIZED (
	SELECT 'root', document - '{author,tags,comments,children}'::text[]
	FROM pg_temp.expected
	UNION
	SELECT 'author', document -> 'author'
	FROM pg_temp.expected
	WHERE document -> 'author' <> 'null'
	UNION
	SELECT 'tags', tag || jsonb_build_object('article_id', document -> 'id')
	FROM pg_temp.expected, jsonb_array_elements(document -> 'tags') tag
	UNION
	SELECT 'comments', comment - 'author'
	FROM pg_temp.expected, jsonb_array_elements(document -> 'comments') comment
	UNION
	SELECT 'comments__author', comment -> 'author'
	FROM pg_temp.expected, jsonb_array_elements(document -> 'comments') comment
	WHERE comment -> 'author' <> 'null'
	UNION
	SELECT 'children', child
	FROM pg_temp.expected, jsonb_array_elements(document -> 'children') child
)
(SELECT 'in the documents only', node, left(content::text, 3000)
FROM (TABLE graph EXCEPT TABLE pg_temp.flat) missing
LIMIT 1)
UNION ALL
(SELECT 'in the flat rows only', node, left(content::text, 3000)
FROM (TABLE pg_temp.flat EXCEPT TABLE graph) surplus
LIMIT 1);
