-- One object; $1 is the queryset document.
SELECT bolt.get($1);
