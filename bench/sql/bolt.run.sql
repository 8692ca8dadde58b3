-- All or nothing, in one round trip; $1 is the operations.
SELECT bolt.run($1);
