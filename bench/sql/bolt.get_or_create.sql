-- The object, and whether it is new; $1 is the queryset document, $2 the lookup, $3 the defaults.
SELECT object, created FROM bolt.get_or_create($1, $2, $3);
