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
		"$(sql "$target_db" "SELECT bolt.register_model(relation::regclass, name => 'User') FROM bolt.model WHERE name = 'User'")"
}

round_trip "pg_dump | psql" \
	"pg_dump $source_db >$work/plain.sql && psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/plain.sql >/dev/null"
round_trip "pg_restore of a custom dump, in two jobs" \
	"pg_dump -Fc -f $work/custom $source_db && pg_restore -e -j 2 -d $target_db $work/custom"
round_trip "schema and data apart" \
	"pg_dump --schema-only $source_db >$work/schema.sql && pg_dump --data-only --disable-triggers $source_db >$work/data.sql &&
	psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/schema.sql >/dev/null &&
	psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/data.sql >/dev/null"

# what registrations speak of is renamed and dropped

sql "$source_db" "SELECT bolt.register_model('tagging', name => 'Tagging', ordering => '{-since,user}', primary_key => '{user_id,tag_id}')" >/dev/null
sql "$source_db" "ALTER TABLE tagging RENAME since TO \"Since, then\"; ALTER TABLE tagging RENAME tag_id TO t_id;
	ALTER TABLE auth_user RENAME username TO login; ALTER TABLE auth_user RENAME TO people;
	ALTER SCHEMA \"Odd schema\" RENAME TO \"even (x).y\"; ALTER TABLE tag SET SCHEMA \"even (x).y\"" >/dev/null
is "renamed columns and tables stay registered, in an open session" "[{\"id\":2,\"login\":\"b\"},{\"id\":1,\"login\":\"a\"}]" \
	"$(sql "$source_db" "INSERT INTO people VALUES (1, 'a'), (2, 'b')" && ask "SELECT bolt.fetch_json('{\"model\": \"User\"}')")"
is "... in an ordering and a key" "{user_id,t_id}" \
	"$(ask "SELECT primary_key FROM bolt.models() WHERE name = 'Tagging' AND bolt.fetch_json('{\"model\": \"Tagging\"}')::text = '[]'")"
is "... and in many-to-many relations" "tags" \
	"$(ask "SELECT name FROM bolt.relations('User') WHERE kind = 'many-to-many' AND through = 'Tagging'")"
everything="SELECT m.* FROM bolt.models() m ORDER BY 1; SELECT r.* FROM bolt.relations() r ORDER BY 1, 2, 3;
	SELECT ordering_columns FROM bolt.model WHERE bolt.is_there(relation) ORDER BY relation::text"
before=$(sql "$source_db" "$everything")
sql postgres "DROP DATABASE IF EXISTS $target_db WITH (FORCE)" >/dev/null 2>&1
sql postgres "CREATE DATABASE $target_db" >/dev/null
pg_dump "$source_db" | psql -X -q -d "$target_db" >/dev/null
is "after renaming, a second dump" "$(pg_dump "$source_db" | sed '/^\\\(un\)\{0,1\}restrict/d')" \
	"$(pg_dump -Fp "$target_db" | sed '/^\\\(un\)\{0,1\}restrict/d')"
round_trip "after renaming, pg_dump -Fc" "pg_dump -Fc -f $work/custom $source_db && pg_restore -e -d $target_db $work/custom"
sql "$source_db" "ALTER TABLE tagging DROP COLUMN \"Since, then\", DROP COLUMN t_id" >/dev/null
is "what names dropped columns is gone, and the model works" "[]" \
	"$(ask "SELECT bolt.fetch_json('{\"model\": \"Tagging\"}')")"
is "... also on the other side" "0" "$(ask "SELECT count(*) FROM bolt.relations('User') WHERE kind = 'many-to-many'")"
before=$(sql "$source_db" "$everything")
round_trip "after dropping columns" "pg_dump $source_db >$work/plain.sql && psql -X -q -v ON_ERROR_STOP=1 -d $target_db -f $work/plain.sql >/dev/null"

sql "$source_db" "DROP EXTENSION bolt_orm; CREATE EXTENSION bolt_orm" >/dev/null
is "a session that outlives the extension finds the new one, empty" "0" \
	"$(ask "SELECT count(*) FROM bolt.models() WHERE name = 'User'")"

# a database of an ordinary role, dumped and restored by it

owner=bolt_dump_owner
other=bolt_dump_other

as() { # role, command …
	local role=$1
	shift
	PGUSER=$role "$@"
}

owners_sql() {
	PGUSER=$1 sql "$2" "$3"
}

new_owned() { # database, owner
	sql postgres "DROP DATABASE IF EXISTS $1 WITH (FORCE)" >/dev/null 2>&1
	sql postgres "CREATE DATABASE $1 OWNER $2" >/dev/null
}

exec 3>&- 4<&-
drop_databases
sql postgres "DROP ROLE IF EXISTS $owner, $other" >/dev/null 2>&1
sql postgres "CREATE ROLE $owner LOGIN; CREATE ROLE $other LOGIN" >/dev/null
new_owned "$source_db" "$owner"
as $owner psql -X -q -v ON_ERROR_STOP=1 -d "$source_db" >/dev/null <<'SQL' || exit 1
SET client_min_messages = warning;
CREATE EXTENSION bolt_orm;
CREATE SCHEMA shop;
CREATE TABLE shop.customer (id int PRIMARY KEY, name text);
CREATE TABLE shop.purchase (id int PRIMARY KEY, customer_id int REFERENCES shop.customer, old_name int);
CREATE TABLE shop.item (id int PRIMARY KEY, purchase_id int);
INSERT INTO shop.customer VALUES (1, 'ann'), (2, 'ben');
INSERT INTO shop.purchase VALUES (10, 1, 5), (11, 1, 4), (12, 2, 3);
INSERT INTO shop.item VALUES (100, 10), (101, 12);
-- pg_dump restores it after the data: it needs the primary key
CREATE MATERIALIZED VIEW shop.totals AS SELECT c.id AS customer_id, c.name, count(p.id) AS n
	FROM shop.customer c LEFT JOIN shop.purchase p ON p.customer_id = c.id GROUP BY c.id;
CREATE VIEW shop.plain AS SELECT c.id, c.name FROM shop.customer c GROUP BY c.id;
SELECT bolt.register_model('shop.customer', name => 'shop.Customer', ordering => '{-id}');
SELECT bolt.register_model('shop.purchase', name => 'Purchase', ordering => '{old_name}');
SELECT bolt.register_relation('shop.purchase', '{customer_id}', name => 'buyer', related_name => 'purchases', on_delete => 'CASCADE');
SELECT bolt.register_relation('shop.item', '{purchase_id}', related_name => 'items', target => 'shop.purchase', on_delete => 'PROTECT');
SELECT bolt.register_model('shop.totals', name => 'Totals', primary_key => '{customer_id}', ordering => '{-n,name}');
SELECT bolt.register_relation('shop.totals', '{customer_id}', name => 'customer', related_name => 'totals', target => 'shop.customer');
SELECT bolt.register_model('shop.plain', name => 'Plain', primary_key => '{id}');
ALTER TABLE shop.purchase RENAME old_name TO new_name;
ALTER MATERIALIZED VIEW shop.totals RENAME n TO total;
SQL

shop="SET search_path = shop; SELECT m.* FROM bolt.models() m ORDER BY 1; SELECT r.* FROM bolt.relations() r ORDER BY 1, 2, 3;
	SELECT bolt.fetch_json('{\"model\": \"shop.Customer\", \"prefetch_related\": [\"purchases__items\"], \"select_related\": [\"totals\"]}');
	SELECT bolt.fetch_json('{\"model\": \"Totals\"}');
	SELECT bolt.fetch_json('{\"model\": \"Purchase\", \"only\": [\"id\"]}')"
shop_before=$(owners_sql $owner "$source_db" "$shop")
is "the owner's registrations" "1" "$(grep -c '"purchases":' <<<"$shop_before")"

# how, owner of the target, the role that restores, what
owned_round_trip() {
	new_owned "$target_db" "$2"
	is "$1: restores without error" "0" "$(eval "PGUSER=$3; $4" >"$work/errors" 2>&1; echo $?)"
	[ ! -s "$work/errors" ] || sed 's/^/# /' "$work/errors"
	is "$1: models, relations and what they read are the same" "$shop_before" "$(owners_sql "$2" "$target_db" "$shop")"
	is "$1: on_delete protects" "protected" \
		"$(owners_sql "$2" "$target_db" "SET search_path = shop; SELECT bolt.delete('{\"model\": \"shop.Customer\", \"filter\": {\"id\": 2}}')" | grep -o protected)"
	is "$1: on_delete cascades" "1" \
		"$(owners_sql "$2" "$target_db" "SET search_path = shop; DELETE FROM shop.item; SELECT bolt.delete('{\"model\": \"shop.Customer\", \"filter\": {\"id\": 2}}'); SELECT count(*) FROM shop.customer" | tail -1)"
	is "$1: it can be registered anew" "" \
		"$(owners_sql "$2" "$target_db" "SELECT bolt.register_model('shop.totals', name => 'Totals', primary_key => '{customer_id}')")"
	owners_sql "$2" "$target_db" "ALTER MATERIALIZED VIEW shop.totals RENAME customer_id TO c_id" >/dev/null
	is "$1: and follows a renaming" "{c_id}" \
		"$(owners_sql "$2" "$target_db" "SELECT primary_key FROM bolt.models() WHERE relation = 'shop.totals'::regclass")"
}

restored_by() { # what dumps, which options, what restores
	echo "pg_dump $1 -f $work/owned $source_db && $2 $work/owned"
}

psql="psql -X -q -v ON_ERROR_STOP=1 -o /dev/null -d $target_db -f"
owned_round_trip "the owner's pg_dump, psql" $owner $owner "$(restored_by -Fp "$psql")"
owned_round_trip "the owner's pg_dump -Fc, pg_restore" $owner $owner "$(restored_by -Fc "pg_restore -e -d $target_db")"
owned_round_trip "the owner's pg_dump -Fc, pg_restore in two jobs" $owner $owner \
	"$(restored_by -Fc "pg_restore -e -j 2 -d $target_db")"
owned_round_trip "schema and data apart" $owner $owner \
	"$(restored_by --schema-only "$psql") && $(restored_by --data-only "$psql") && psql -X -q -d $target_db -c 'REFRESH MATERIALIZED VIEW shop.totals'"
owned_round_trip "a superuser restores" $owner "$PGUSER" "$(restored_by -Fc "pg_restore -e -d $target_db")"
owned_round_trip "a superuser dumps, the owner restores" $owner $owner \
	"PGUSER=${PGUSER} pg_dump -Fc -f $work/owned $source_db && pg_restore -e -d $target_db $work/owned"
new_owned "$target_db" $other
is "another role restores --no-owner" "0" \
	"$(PGUSER=$owner pg_dump -Fc -f "$work/owned" "$source_db" && PGUSER=$other pg_restore -e --no-owner -d "$target_db" "$work/owned" >"$work/errors" 2>&1; echo $?)"
is "... and has it all" "$shop_before" "$(owners_sql $other "$target_db" "$shop")"

# the extension is there already, made by a superuser
new_owned "$target_db" $owner
sql "$target_db" "CREATE EXTENSION bolt_orm" >/dev/null
PGUSER=$owner pg_dump -Fc -f "$work/owned" "$source_db"
PGUSER=$owner pg_restore -d "$target_db" "$work/owned" >/dev/null 2>&1
is "into a database where a superuser has made the extension" "$shop_before" "$(owners_sql $owner "$target_db" "$shop")"

# rows about others' tables are left out, and not the others
sql "$target_db" "CREATE TABLE shop.foreign_table (id int PRIMARY KEY)" >/dev/null
is "a row about another's table is left out" "0" \
	"$(owners_sql $owner "$target_db" "INSERT INTO bolt.model (relation, name) VALUES ('shop.foreign_table', 'Mine'); SELECT count(*) FROM bolt.model WHERE name = 'Mine'" | tail -1)"
owners_sql $owner "$target_db" "INSERT INTO bolt.model (relation, name) VALUES ('shop.later', 'Later')" >/dev/null
sql "$target_db" "CREATE TABLE shop.later (id int PRIMARY KEY); GRANT SELECT ON shop.later TO $owner" >/dev/null
is "a row written before its table was there does not count for another's table" "shop.later" \
	"$(owners_sql $owner "$target_db" "SELECT name FROM bolt.models() WHERE relation = 'shop.later'::regclass")"
sql "$target_db" "ALTER TABLE shop.later OWNER TO $owner" >/dev/null
is "... until the role that wrote it owns the table" "Later" \
	"$(owners_sql $owner "$target_db" "SET search_path = shop; SELECT name FROM bolt.models() WHERE relation = 'shop.later'::regclass")"
is "nobody else writes there" "ERROR:  permission denied for table model" \
	"$(owners_sql $other "$target_db" "INSERT INTO bolt.model (relation, name) VALUES ('shop.x', 'X')")"

drop_databases
sql postgres "DROP ROLE $owner, $other"

echo "1..$count"
exit $((failed > 0))
