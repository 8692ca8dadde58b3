-- How many rows; $1 is the queryset document, $2 the values.
SELECT bolt.update($1, $2);
