-- The client looks at the balance that the SELECT has brought; comparing two numbers takes no time.
BEGIN;
SELECT id, owner, balance FROM bench_account WHERE id IN ($1, $2) ORDER BY id FOR UPDATE;
UPDATE bench_account SET balance = balance - $3 WHERE id = $1;
UPDATE bench_account SET balance = balance + $3 WHERE id = $2;
COMMIT;
