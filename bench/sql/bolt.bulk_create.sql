-- An object a row; $1 is the model, $2 the objects.
SELECT bolt.bulk_create($1, $2);
