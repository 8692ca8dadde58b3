EXTENSION = bolt_orm
MODULE_big = bolt_orm
OBJS = $(patsubst %.c,%.o,$(wildcard extension/*.c))
DATA = $(wildcard extension/bolt_orm--*.sql)
PG_CPPFLAGS = -I$(srcdir)/extension
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
