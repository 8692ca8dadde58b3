-- Takes the same text as json, which the server checks before either runs, and returns nothing, too.
SELECT $1 WHERE $1 IS NULL;
