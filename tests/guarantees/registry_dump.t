#!/bin/bash
# Registrations reach every session at its next call, and survive a dump.
#
# Needs PGHOST, PGPORT and PGUSER of a superuser; makes and drops its own
# databases.  Output is TAP.

set -u
source_db=bolt_registry_dump_a
target_db=bolt_registry_dump_b
work=$(mktemp -d)
count=0
failed=0

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$1" -c "$2" 2>&1
}

drop_databases() {
	psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $source_db WITH (FORCE)" \
		-c "DROP DATABASE IF EXISTS $target_db WITH (FORCE)" >/dev/null 2>&1
}

finish() {
	exec 3>&- 4<&-
	drop_databases
	rm -rf "$work"
}
trap finish EXIT

# is what wanted got
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1"
		diff <(echo "$2") <(echo "$3") | sed 's/^/# /'
	fi
}

# A second session that stays open: ask sends a query and prints its only row.
open_session() {
	mkfifo "$work/in" "$work/out"
	psql -X -q -A -t -d "$source_db" <"$work/in" >"$work/out" 2>&1 &
	exec 3>"$work/in" 4<"$work/out"
}

ask() {
	local line
	echo "$1;" >&3
	read -r -t 10 line <&4 && echo "$line"
}

drop_databases
sql postgres "CREATE DATABASE $source_db" || exit 1
psql -X -q -v ON_ERROR_STOP=1 -d "$source_db" >/dev/null <<'SQL' || exit 1
SET client_min_messages = warning;
CREATE EXTENSION bolt_orm;
CREATE SCHEMA "Odd schema";
CREATE TABLE auth_user (id int PRIMARY KEY, username text);
CREATE TABLE "Odd schema"."Odd, ""table""" (id int PRIMARY KEY, "the user" int REFERENCES auth_user, "x,y" text);
CREATE TABLE tag (id int PRIMARY KEY);
CREATE TABLE tagging (user_id int REFERENCES auth_user, tag_id int REFERENCES tag, since date);
CREATE VIEW a_view AS SELECT id, username FROM auth_user;
CREATE TABLE gone (id int PRIMARY KEY, user_id int REFERENCES auth_user);
SQL

# sessions

open_session
is "a name that is not registered yet is unknown" "0" \
	"$(ask "SELECT count(*) FROM bolt.models() WHERE name = 'User'")"
sql "$source_db" "SELECT bolt.register_model('auth_user', name => 'User', ordering => '{-username}')" >/dev/null
is "a registration shows in another session at its next call" "auth_user" \
	"$(ask "SELECT relation FROM bolt.models() WHERE name = 'User'")"
sql "$source_db" "SELECT bolt.register_relation('tagging', '{user_id}', related_name => 'taggings')" >/dev/null
is "so does that of a relation, on the other side too" "taggings" \
	"$(ask "SELECT name FROM bolt.relations('User') WHERE target = 'tagging'")"
ask "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM auth_user" >/dev/null
sql "$source_db" "ALTER TABLE tag ADD COLUMN owner_id int REFERENCES auth_user" >/dev/null
is "DDL shows in the middle of another session's transaction" "owner" \
	"$(ask "SELECT name FROM bolt.relations('tag') WHERE target = 'User'")"
sql "$source_db" "SELECT bolt.register_relation('tag', '{owner_id}', name => 'keeper')" >/dev/null
is "so does a registration" "keeper" \
	"$(ask "SELECT name FROM bolt.relations('tag') WHERE target = 'User'")"
ask "COMMIT; SELECT 1" >/dev/null
sql "$source_db" "BEGIN; SELECT bolt.unregister('tag'); ROLLBACK" >/dev/null
is "one that is rolled back never does" "keeper" \
	"$(ask "SELECT name FROM bolt.relations('tag') WHERE target = 'User'")"
sql "$source_db" "DELETE FROM bolt.relation WHERE relation = 'tag'::regclass" >/dev/null
is "a row deleted by hand is gone everywhere" "owner" \
	"$(ask "SELECT name FROM bolt.relations('tag') WHERE target = 'User'")"
sql "$source_db" "CREATE SCHEMA first; ALTER DATABASE $source_db SET search_path = public" >/dev/null
ask "SET search_path = first, public; SELECT 1" >/dev/null
is "before a table stands in the way, the name means the other one" "{id,owner_id}" \
	"$(ask "SELECT fields FROM bolt.models() WHERE name = 'tag'")"
sql "$source_db" "CREATE TABLE first.tag (other int)" >/dev/null
is "a table that another session puts first in the search path takes the name" "{other}" \
	"$(ask "SELECT fields FROM bolt.models() WHERE name = 'tag'")"
sql "$source_db" "DROP SCHEMA first CASCADE" >/dev/null 2>&1

# dump and restore

sql "$source_db" "SELECT bolt.register_model('\"Odd schema\".\"Odd, \"\"table\"\"\"', name => 'Odd \"name\", it''s', ordering => ARRAY['x,y', '-the user'])" >/dev/null
sql "$source_db" "SELECT bolt.register_relation('\"Odd schema\".\"Odd, \"\"table\"\"\"', ARRAY['the user'], name => 'the \"one\"', related_name => 'odd\\ones', on_delete => 'PROTECT')" >/dev/null
sql "$source_db" "SELECT bolt.register_model('a_view', primary_key => '{id}')" >/dev/null
sql "$source_db" "SELECT bolt.register_relation('a_view', '{id}', name => 'user', target => 'auth_user', related_name => 'view')" >/dev/null
sql "$source_db" "SELECT bolt.register_many_to_many('auth_user', 'tagging', 'tags', related_name => 'users')" >/dev/null
sql "$source_db" "SELECT bolt.register_model('gone', name => 'Gone')" >/dev/null
sql "$source_db" "SELECT bolt.register_relation('gone', '{user_id}', related_name => 'gone_ones')" >/dev/null
sql "$source_db" "DROP TABLE gone" >/dev/null

everything="SELECT m.* FROM bolt.models() m ORDER BY 1; SELECT r.* FROM bolt.relations() r ORDER BY 1, 2, 3;
	SELECT ordering FROM bolt.model WHERE relation::oid IN (SELECT oid FROM pg_class) ORDER BY 1"
before=$(sql "$source_db" "$everything")

# how what
round_trip() {
	sql postgres "DROP DATABASE IF EXISTS $target_db WITH (FORCE)" >/dev/null 2>&1
	sql postgres "CREATE DATABASE $target_db" >/dev/null
	sql postgres "ALTER DATABASE $target_db SET search_path = public" >/dev/null
	eval "$2"
	is "$1: restores without error" "0" "$?"
	is "$1: models and relations are the same" "$before" "$(sql "$target_db" "$everything")"
	is "$1: rows of dropped tables stay behind" "0" \
		"$(sql "$target_db" "SELECT count(*) FROM bolt.model WHERE name = 'Gone'")"
	is "$1: what is restored can be registered anew" "" \
		"$(sql "$target_db" "SELECT bolt.register_model('auth_user', name => 'User')")"
}

round_trip "pg_dump | psql" \
	"pg_dump $source_db >$work/plain.sql && psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/plain.sql >/dev/null"
round_trip "pg_restore of a custom dump, in two jobs" \
	"pg_dump -Fc -f $work/custom $source_db && pg_restore -e -j 2 -d $target_db $work/custom"
round_trip "schema and data apart" \
	"pg_dump --schema-only $source_db >$work/schema.sql && pg_dump --data-only --disable-triggers $source_db >$work/data.sql &&
	psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/schema.sql >/dev/null &&
	psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/data.sql >/dev/null"

sql "$source_db" "DROP EXTENSION bolt_orm; CREATE EXTENSION bolt_orm" >/dev/null
is "a session that outlives the extension finds the new one, empty" "0" \
	"$(ask "SELECT count(*) FROM bolt.models() WHERE name = 'User'")"

echo "1..$count"
exit $((failed > 0))
