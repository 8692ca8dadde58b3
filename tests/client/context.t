#!/bin/sh
# Coroutines on our own switch of stacks, which is for C libraries without ucontext (musl); and every source compiles with musl.
# shellcheck disable=SC2317 # the functions are called by check
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
		sed 's/^/# /' "$work/said" | head -n 30
		failed=1
	fi
}

skip() { # description, why
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

own_switch() { # test
	make -C "$root/client" -s BUILD="$work/own" CPPFLAGS=-DBOLT_OWN_CONTEXT "$work/own/tests/$1.t" && "$work/own/tests/$1.t"
}

# What musl has no headers of its own for.
with_musl() {
	mkdir -p "$work/include" "$work/objects"
	for header in libpq-fe.h postgres_ext.h pg_config_ext.h; do
		ln -sf "$(pg_config --includedir)/$header" "$work/include" || return
	done
	ln -sf "$(pkg-config --variable=includedir jansson)"/jansson*.h "$work/include" || return
	for source in "$root"/client/src/*.c; do
		musl-gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$root/client/include" -I"$root/client/src" -I"$work/include" \
			-c -o "$work/objects/$(basename "$source" .c).o" "$source" || return
	done
	! nm "$work"/objects/*.o | grep -E ' U (get|make|set|swap)context$'
}

case $(uname -m) in
x86_64 | aarch64)
	check "coroutines on our own switch" own_switch test_futures
	check "transactions on our own switch" own_switch test_transactions
	;;
*) skip "our own switch" "it is for x86-64 and AArch64" ;;
esac
if command -v musl-gcc >/dev/null; then
	check "the library compiles with musl" with_musl
else
	skip "the library compiles with musl" "musl-gcc is not here"
fi

echo "1..$number"
exit $failed
