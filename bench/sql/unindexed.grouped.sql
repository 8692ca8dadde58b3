-- What one writes instead by hand, knowing that the index is missing: aggregate once, then join.
SELECT row_to_json(parent)
FROM (
	SELECT p.*, coalesce(c.children, '[]') AS children
	FROM bench_parent p
	LEFT JOIN (
		SELECT parent_id, json_agg(child) AS children
		FROM bench_child child
		GROUP BY parent_id
	) c ON c.parent_id = p.id
) parent;
