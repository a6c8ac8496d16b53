# smarketing: build with PGXS.  `make demo` and `make test` need nothing but git and make.
EXTENSION = smarketing
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" smarketing.control)
MODULE_big = smarketing

# The install script is the features' SQL, in this order.
SQL_SOURCES = \
	src/smarketing.sql \
	src/funnel/funnel.sql \
	src/attribution/attribution.sql

OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c))
ALL_HEADERS = $(wildcard src/*.h src/*/*.h)

DATA_built = smarketing--$(EXTVERSION).sql
EXTRA_CLEAN = smarketing--$(EXTVERSION).sql

PG_CPPFLAGS = -I$(srcdir)/src
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
srcdir = .
include $(PGXS)

$(OBJS): $(ALL_HEADERS)

smarketing--$(EXTVERSION).sql: $(SQL_SOURCES) smarketing.control Makefile
	cat $(SQL_SOURCES) > $@.tmp && mv $@.tmp $@
