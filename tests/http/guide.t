#!/bin/sh
# The C of docs/handlers.md is one program: it compiles without a warning, and serves.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
number=0
failed=0

check() { # description, command …
	description=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - $description"
	else
		echo "not ok $number - $description"
		echo >>"$work/said"
		sed 's/^/# /' "$work/said" | head -n 30
		failed=1
	fi
}

awk '/^```c$/ { inside = 1; print "#line " NR + 1 " \"docs/handlers.md\""; next } /^```$/ { inside = 0 } inside' \
	"$root/docs/handlers.md" >"$work/service.c"
make -C "$root/client" -s all || exit 1

# shellcheck disable=SC2046 # lists of words
compiles() {
	"$1" -std=gnu11 -O1 -g -Wall -Wextra -Werror -o "$work/service" "$work/service.c" -I"$root/client/include" -I"$root/client/adapters" \
		$(pkg-config --cflags libevent jansson) "$root/client/build/libbolt_orm.a" $(pkg-config --libs libpq libevent jansson) -pthread -lm
}
for compiler in clang clang-14 gcc; do
	! command -v $compiler >/dev/null || check "compiles with $compiler" compiles $compiler
done

PGDATABASE=bolt_orm_http_guide
export PGDATABASE
psql -X -q -d postgres -c "SET client_min_messages = error" -c "DROP DATABASE IF EXISTS $PGDATABASE WITH (FORCE)" \
	-c "CREATE DATABASE $PGDATABASE"
psql -X -q -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "CREATE EXTENSION bolt_orm" >/dev/null
psql -X -q -v articles=100 -f "$root/examples/blog.sql" >/dev/null
awk '/^```sql$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$root/docs/handlers.md" >"$work/guide.sql"
check "its SQL runs" psql -X -q -v ON_ERROR_STOP=1 -f "$work/guide.sql"

port=$(python3 -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
"$work/service" "$port" &
server=$!
sleep 1

answers() { # status, what is in the body, curl's arguments
	status=$1
	wanted=$2
	shift 2
	curl -s -m 20 -w '\n%{http_code}' -H 'Content-Type: application/json' "$@" >"$work/answer"
	cat "$work/answer"
	[ "$(tail -n 1 "$work/answer")" = "$status" ] && grep -qF "$wanted" "$work/answer"
}
at=http://127.0.0.1:$port
check "list" answers 200 '"total":90' "$at/articles?published=true&page_size=2"
check "retrieve" answers 200 '"comments":[{"id"' "$at/articles/7"
check "create" answers 201 '"title":"new"' -d '{"title": "new", "content": "x", "author_id": 1, "tags": [1]}' "$at/articles"
check "all faults of a body" answers 400 '{"path":"tags[1]","message":"A valid integer is required."},{"path":"title","message":"This field is required."}' \
	-d '{"titel": "x", "content": "x", "author_id": 1, "tags": [1, "x"]}' "$at/articles"
check "a handler" answers 200 '"total":101' "$at/stats"
check "a fork of the view set's queryset" answers 200 '"items":[' "$at/authors/1/articles"
check "a block" answers 200 '"published":true' -X POST "$at/articles/10/publish"
check "a block that refuses" answers 409 'It is published.' -X POST "$at/articles/10/publish"
check "a block that finds nothing" answers 404 'does not exist' -X POST "$at/articles/777/publish"
check "a stream" answers 200 '"title":"Article number 99"' "$at/stream"
kill "$server"
check "ends on SIGTERM" wait "$server"
server=

echo "1..$number"
exit $failed
