-- Reads the whole of bench_child once a parent.
SELECT row_to_json(parent)
FROM (
	SELECT p.*, children.children
	FROM bench_parent p
	LEFT JOIN LATERAL (
		SELECT coalesce(json_agg(child), '[]') AS children
		FROM (
			SELECT *
			FROM bench_child c
			WHERE c.parent_id = p.id
		) child
	) children ON true
) parent;
