# bolt_orm. What there is to make:
#
#   make demo          everything from nothing: packages, build, private cluster, sample data, comparison
#   make demo-stop     stop its HTTP server and the private cluster
#   make test          everything from nothing, then every test
#   make client        libbolt_orm, the asynchronous C client: client/Makefile says more
#   make test-asan     the tests of the client and the HTTP server under AddressSanitizer, UBSan and LeakSanitizer
#   make fuzz          random documents, for what must hold: tests/fuzz/README.md; fuzz-parser: libFuzzer on the parser
#   make test-django   the querysets of tests/django, answered by Django and by bolt_orm
#   make test-assert   the server's suites on a PostgreSQL with assertions, and under AddressSanitizer
#   make test-setup    set-up on bare machines and on those that have some of it, in chroots, as root
#   make test-locales  installcheck on clusters of several locales, encodings and configurations
#   make test-matrix   make test on PostgreSQL 15, 17 and 18, as root
#   make bench         the benchmarks, on the private cluster
#   make bench-http    HTTP servers side by side, examples/blog among them; soak-http: ten minutes of faults
#   make format        format the C sources; format-check only says whether they are
#   make lint          shellcheck of all shell scripts
#   make cluster       start the private cluster; scripts/cluster says more
#   make clean         remove what was built; distclean also the private cluster
#
# all, install, uninstall, installcheck and PG_CONFIG are those of every PGXS extension.

EXTENSION = bolt_orm
MODULE_big = bolt_orm
OBJS = $(patsubst %.c,%.o,$(wildcard extension/*.c))
DATA = $(wildcard extension/bolt_orm--*.sql)
PG_CPPFLAGS = -I$(srcdir)/extension
REGRESS = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --use-existing --encoding=UTF8
REGRESS_PREP = regress-database
EXTRA_CLEAN = examples/demo $(wildcard tests/modules/*/*.o tests/modules/*/*.so tests/asan/*.o tests/asan/*.so)

PG_CONFIG ?= pg_config
export PG_CONFIG
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

.PHONY: all setup regress-database client test-asan run-client run-test-asan cluster blog demo demo-stop test test-assert test-setup test-django fuzz fuzz-parser test-locales test-matrix bench bench-http soak-http format format-check lint distclean \
	run-cluster run-demo run-test run-test-django run-fuzz run-fuzz-parser run-test-locales run-test-assert run-bench run-bench-http run-soak-http

all:

# On a bare machine there is no PGXS yet to include, so these set up first and then run make again.
client test test-asan bench-http soak-http: export WITH_CLIENT = 1
test fuzz: export WITH_FUZZ = 1
fuzz-parser: export WITH_CLIENT = 1
test-django bench-http: export WITH_DJANGO = 1
bench-http: export WITH_WRK = 1
test-locales: export WITH_LOCALES = 1
lint format format-check: export WITH_LINT = 1
demo test test-asan test-assert test-locales test-django fuzz fuzz-parser bench bench-http soak-http client cluster: setup
	@$(MAKE) --no-print-directory run-$@

setup:
	@scripts/setup

run-cluster: all
	@scripts/install
	@scripts/cluster start

run-test: run-cluster
	@scripts/test

run-test-asan: run-cluster
	@scripts/test client-asan

run-client:
	@$(MAKE) --no-print-directory -C client

blog: run-cluster
	@scripts/load-blog

run-demo: blog examples/demo
	@env=$$(scripts/cluster env) && eval "$$env" && examples/demo
	@scripts/blog-server start

run-bench: run-cluster
	@env=$$(scripts/cluster env) && eval "$$env" && bench/run

run-bench-http: run-cluster
	@env=$$(scripts/cluster env) && eval "$$env" && bench/http/run

# SOAK_MINUTES: 10.
run-soak-http: run-cluster
	@env=$$(scripts/cluster env) && eval "$$env" && bench/http/soak $(SOAK_MINUTES)

demo-stop:
	@scripts/blog-server stop
	@scripts/cluster stop

# DJANGO_OPTIONS="--random 100000 --seed 7" runs longer.
run-test-django: run-cluster
	@env=$$(scripts/cluster env) && eval "$$env" && tests/django/run $(or $(DJANGO_OPTIONS),--random 2000)

# FUZZ_SEED, FUZZ_DOCUMENTS, FUZZ_SECONDS, FUZZ_KINDS; FUZZ_OPTIONS: others of tests/fuzz/run, as --replay FILE.
run-fuzz: run-cluster
	@env=$$(scripts/cluster env) && eval "$$env" && tests/fuzz/run $(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) \
		$(if $(FUZZ_DOCUMENTS),--documents $(FUZZ_DOCUMENTS)) $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS)) \
		$(if $(FUZZ_KINDS),--kinds $(FUZZ_KINDS)) $(FUZZ_OPTIONS)

run-fuzz-parser:
	@tests/fuzz/libfuzzer/run

# TEST_ASSERT=quick: a few minutes.
run-test-assert:
	@scripts/test-assert

test-setup:
	@scripts/test-setup

run-test-locales: all
	@scripts/install
	@scripts/test-locales

test-matrix:
	@scripts/test-matrix

DEMO_SOURCES = examples/demo.c examples/abridge.c

examples/demo: $(DEMO_SOURCES) examples/abridge.h
	$(CC) -std=gnu11 -O2 -Wall -Wextra $$(pkg-config --cflags libpq) -o $@ $(DEMO_SOURCES) $$(pkg-config --libs libpq)

FORMATTED = $(wildcard $(addsuffix /*.[ch],extension examples examples/blog bench bench/client bench/http/lateral tests/modules/* tests/asan tests/asan/valgrind \
	client/include client/include/bolt_orm client/src client/adapters client/examples tests/client tests/fuzz/libfuzzer)) \
	$(wildcard client/include/*.hpp client/examples/*.cpp)

lint: setup
	git grep -lE '^#!/bin/(ba)?sh' | xargs shellcheck --exclude=SC2317

format: setup
	clang-format -i $(FORMATTED)

format-check: setup
	clang-format --dry-run --Werror $(FORMATTED)

distclean: clean
	@rm -rf client/build examples/blog/build
	@scripts/cluster remove

# Called by installcheck.
regress-database:
	@$(srcdir)/scripts/regress-database '$(CONTRIB_TESTDB)' $(EXTRA_REGRESS_OPTS)

ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
all install installcheck uninstall:
	@echo 'no PGXS: run "make setup" for the packages, or set PG_CONFIG' >&2; exit 1
clean:
	rm -f $(OBJS) $(OBJS:.o=.bc) bolt_orm.so
endif

$(OBJS) $(OBJS:.o=.bc): $(wildcard extension/*.h)
