-- node root
SELECT * FROM bench_parent;

-- node children
SELECT * FROM bench_child WHERE parent_id IN (SELECT id FROM bench_parent);
