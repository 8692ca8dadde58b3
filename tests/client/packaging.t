#!/bin/sh
# What make install installs is enough to compile against, and no more; the examples of docs/client.md compile.
# shellcheck disable=SC2317 # the functions are called by check
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
client=$root/client
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

is_ok() { # status, description
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/said" | head -n 30
		failed=1
	fi
}

check() { # description, command …
	description=$1
	shift
	"$@" >"$work/said" 2>&1
	is_ok $? "$description"
}

make -C "$client" -s all >"$work/said" 2>&1
check "installs below DESTDIR" make -C "$client" -s install DESTDIR="$work/root" prefix=/opt/bolt
export PKG_CONFIG_PATH="$work/root/opt/bolt/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root"
libraries=$work/root/opt/bolt/lib

exports() {
	nm -D --defined-only "$libraries/libbolt_orm.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

only_public_names() {
	exports | grep -v '^bolt_[a-z]' && return 1
	[ "$(exports | wc -l)" -gt 50 ]
}
check "the shared library exports public names only" only_public_names

declared_are_exported() {
	# a declaration may go over lines: what stands between BOLT_API and the first parenthesis ends in the name
	cat "$work"/root/opt/bolt/include/bolt_orm/*.h | sed '/^#define BOLT_API/d' | tr '\n' ' ' | grep -o 'BOLT_API [^;(]*(' | sed 's/ *($//; s/.*[ *]//' | sort -u >"$work/declared"
	exports >"$work/exported"
	diff "$work/declared" "$work/exported"
}
check "what is declared is what is exported" declared_are_exported

# In its paragraph there is one: a macro and the function that it calls share theirs.
documented() {
	awk '/^$/ { commented = 0 } /^\/\*\*/ { commented = 1 } /^BOLT_API/ && !commented { print FILENAME ": " $0; bad = 1 }
		END { exit bad }' "$work"/root/opt/bolt/include/bolt_orm/*.h
}
check "every public function has its comment" documented

soname() {
	objdump -p "$libraries/libbolt_orm.so" | grep -q 'SONAME *libbolt_orm.so.[0-9]'
}
check "the shared library has a soname" soname

cat >"$work/program.c" <<'END'
#include <bolt_orm.h>
#include <string.h>

int
main(void)
{
	char *document = bolt_document(bolt_filter(bolt_objects(NULL, "t"), BOLT_KW("id", 7)), NULL);

	return strcmp(document, "{\"model\":\"t\",\"chain\":[{\"filter\":{\"id\":7}}]}") != 0 || bolt_version_number() != BOLT_VERSION_NUMBER;
}
END
# shellcheck disable=SC2046 # lists of words
shared_links() {
	cc -std=gnu11 -Wall -Wextra -Werror -o "$work/shared" "$work/program.c" $(pkg-config --cflags --libs bolt_orm) &&
		LD_LIBRARY_PATH=$libraries "$work/shared"
}
check "a program links with the shared library" shared_links

# shellcheck disable=SC2046
static_links() {
	cc -std=gnu11 -Wall -Wextra -Werror -o "$work/static" "$work/program.c" $(pkg-config --cflags bolt_orm) \
		"$libraries/libbolt_orm.a" $(pkg-config --libs libpq jansson) -pthread -lm && "$work/static"
}
check "a program links with the static library" static_links

version_is_one() {
	[ "$(pkg-config --modversion bolt_orm)" = "$(sed -n 's/.*"\(.*\)".*/\1/p' "$work/version")" ]
}
printf '#include <bolt_orm.h>\n"%s"\n' "$(sed -n 's/^.define BOLT_VERSION_M[AI][JN]OR \(.*\)/\1/p; s/^.define BOLT_VERSION_PATCH \(.*\)/\1/p' \
	"$work/root/opt/bolt/include/bolt_orm/version.h" | paste -sd .)" | tail -n 1 >"$work/version"
check "pkg-config and the header have one version" version_is_one

# The blocks of C in the guide: files, or bodies of a function.
cat >"$work/guide.c" <<'END'
#include <stdio.h>
#include <bolt_orm.h>
struct evhttp_request;
extern void reply_error(void *req, const bolt_exception *error);
extern void reply_json(void *req, const char *json);
END
awk '
	/^```c$/ { inside = 1; n++; first = 1; next }
	/^```$/ && inside { if (body) print "}"; inside = 0; body = 0; next }
	inside && first { body = ($0 ~ /^bolt_/); first = 0; if (body) print "static void block_" n "(bolt_database *db)\n{" }
	inside { print }' "$root/docs/client.md" >>"$work/guide.c"

# shellcheck disable=SC2046
guide_compiles() {
	"$1" -std=gnu11 -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-parameter -fsyntax-only $(pkg-config --cflags bolt_orm) "$work/guide.c"
}
for compiler in gcc clang clang-14; do
	command -v $compiler >/dev/null || continue
	check "the guide's examples compile with $compiler" guide_compiles $compiler
	check "the library compiles with $compiler without a warning" sh -c "make -C '$client' -s BUILD='$work/$compiler' CC=$compiler all 2>&1 | tee '$work/warnings'; ! grep -q warning: '$work/warnings'"
done

echo "1..$number"
exit $failed
