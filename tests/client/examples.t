#!/bin/sh
# Runs each of the client's examples against a small blog of their own. EXAMPLES is the folder of the built ones.
set -u

cd "$(dirname "$0")/../.." || exit 1
examples=${EXAMPLES:-client/build/examples}
PGDATABASE=bolt_orm_examples
export PGDATABASE

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

sql -d postgres -c "SET client_min_messages = error" -c "DROP DATABASE IF EXISTS $PGDATABASE WITH (FORCE)" \
	-c "CREATE DATABASE $PGDATABASE" || exit 1
sql -v articles=200 -f examples/blog.sql >/dev/null && sql -c "CREATE EXTENSION bolt_orm" || exit 1

number=0
for example in "$examples"/*; do
	case $example in *.d) continue ;; esac
	[ -x "$example" ] || continue
	number=$((number + 1))
	if output=$(timeout 60 "$example" 2>&1); then
		echo "ok $number - $(basename "$example")"
	else
		echo "not ok $number - $(basename "$example")"
		echo "$output" | tail -n 20 | sed 's/^/# /'
	fi
done
echo "1..$number"
sql -d postgres -c "DROP DATABASE $PGDATABASE"
