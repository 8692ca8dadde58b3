SELECT count(*) || ' accounts, ' || md5(string_agg(a::text, ',' ORDER BY id)) FROM bench_account a;
