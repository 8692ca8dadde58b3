UPDATE bench_account SET balance = 1000000 WHERE balance <> 1000000;
VACUUM bench_account;
