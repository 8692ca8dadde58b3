-- $1 is the queryset document.
SELECT bolt.count($1);
