-- A row an object; $1 is the queryset document.
SELECT bolt.fetch($1);
