-- $1 gives $2 as much as $3 says.
BEGIN;
SELECT id, owner, balance FROM bench_account WHERE id IN ($1, $2) ORDER BY id FOR UPDATE;
SELECT balance >= $3 FROM bench_account WHERE id = $1;
UPDATE bench_account SET balance = balance - $3 WHERE id = $1;
UPDATE bench_account SET balance = balance + $3 WHERE id = $2;
COMMIT;
