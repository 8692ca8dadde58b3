#!/bin/sh
# bolt_orm.h, each of its parts and the adapters compile without a warning as C and C++ of every standard, with every
# compiler that is here; and what the macros make is the same in each.
# shellcheck disable=SC2317 # the functions are called by check
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
client=$root/client
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

includes="-I$client/include -I$client/adapters -I$root/tests/client $(pkg-config --cflags libpq jansson libevent libuv)"
libraries="$client/build/libbolt_orm.a $(pkg-config --libs libpq jansson) -pthread"
strict="-pedantic -Wall -Wextra -Werror"
printf '#include "headers.h"\n' >"$work/program.c"
printf '#include <bolt_orm.hpp>\n#include "headers.h"\n' >"$work/program.cpp"

compiles() { # compiler, standard, source
	# shellcheck disable=SC2086 # lists of words
	$1 -std="$2" $strict -fsyntax-only $includes "$3"
}

runs() { # compiler, standard, source
	# shellcheck disable=SC2086
	$1 -std="$2" $strict -o "$work/program" $includes "$3" $libraries && "$work/program"
}

# clang's check of function pointers does not know coroutines.
runs_sanitized() {
	case $1 in clang*) set -- "$1 -fno-sanitize=function" "$2" "$3" ;; esac
	runs "${1%% *} -g -fsanitize=address,undefined -fno-sanitize-recover=all ${1#"${1%% *}"}" "$2" "$3"
}

# libuv's own header and evhttp's adapter need more of POSIX than C11 alone has.
each_alone() { # compiler, standard, ending
	for header in "$client"/include/bolt_orm/*.h "$client"/adapters/*.h; do
		case $header in */cplusplus.h) [ "$3" = cpp ] || continue ;; esac
		printf '#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif\n#include "%s"\nextern int something;\n' "$header" >"$work/alone.$3"
		# shellcheck disable=SC2086
		$1 -std="$2" $strict -fsyntax-only $includes "$work/alone.$3" || return
	done
}

for compiler in gcc clang; do
	if ! command -v $compiler >/dev/null; then
		skip "C with $compiler" "$compiler is not here"
		continue
	fi
	for standard in c99 c11 c17 c2x gnu11 gnu2x; do
		check "$standard with $compiler" compiles $compiler $standard "$work/program.c"
	done
	check "the macros in C11 with $compiler" runs $compiler c11 "$work/program.c"
	[ $compiler = clang ] || check "each header by itself in C11 with $compiler" each_alone $compiler c11 c
done

for compiler in g++ clang++; do
	if ! command -v $compiler >/dev/null; then
		skip "C++ with $compiler" "$compiler is not here"
		continue
	fi
	for standard in c++17 c++20 c++2b gnu++17; do
		check "$standard with $compiler" compiles $compiler $standard "$work/program.cpp"
	done
	check "the macros in C++17 with $compiler" runs $compiler c++17 "$work/program.cpp"
	check "the macros in C++20 with $compiler" runs $compiler c++20 "$work/program.cpp"
	check "bolt_orm.hpp with $compiler" runs_sanitized $compiler c++20 "$root/tests/client/cplusplus.cpp"
	[ $compiler = clang++ ] || check "each header by itself in C++17 with $compiler" each_alone $compiler c++17 cpp
done

echo "1..$number"
exit $failed
