-- The total counts what has no slice, so each has a document of its own.
SELECT bolt.count($1);

SELECT bolt.fetch($1);
