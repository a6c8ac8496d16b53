# smarketing: build with PGXS.  `make demo` and `make test` need nothing but git and make.
EXTENSION = smarketing
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" smarketing.control)
MODULE_big = smarketing

# The install script is the features' SQL, in this order: one line per file.
SQL_SOURCES = \
	src/smarketing.sql \
	src/condition/condition.sql \
	src/working_hours/working_hours.sql \
	src/sla/sla_status.sql \
	src/funnel/funnel.sql \
	src/attribution/attribution.sql \
	src/review/leads_needed.sql \
	src/workspace/tables.sql \
	src/lifecycle/tables.sql \
	src/handoff/tables.sql \
	src/sla/tables.sql \
	src/scoring/tables.sql \
	src/review/label_tables.sql \
	src/attribution/tables.sql \
	src/review/goal_tables.sql \
	src/review/review_tables.sql \
	src/workspace/template.sql \
	src/scoring/template.sql \
	src/sla/template.sql \
	src/review/label_template.sql \
	src/review/report_template.sql \
	src/attribution/template.sql \
	src/review/goal_template.sql \
	src/workspace/triggers.sql \
	src/lifecycle/triggers.sql \
	src/handoff/triggers.sql \
	src/handoff/handoff.sql \
	src/sla/triggers.sql \
	src/review/goal_triggers.sql \
	src/scoring/scoring.sql \
	src/review/review_pack.sql \
	src/review/review.sql \
	src/review/review_triggers.sql \
	src/review/label_views.sql \
	src/lifecycle/views.sql \
	src/handoff/views.sql \
	src/sla/views.sql \
	src/funnel/views.sql \
	src/attribution/views.sql \
	src/review/goal_views.sql \
	src/review/review_views.sql \
	src/workspace/comments.sql \
	src/lifecycle/comments.sql \
	src/handoff/comments.sql \
	src/scoring/comments.sql \
	src/sla/comments.sql \
	src/attribution/comments.sql \
	src/review/goal_comments.sql \
	src/review/review_comments.sql \
	src/workspace/workspace.sql \
	src/workspace/removal.sql \
	src/sla/agreement.sql \
	src/sla/explain.sql \
	src/sla/tick.sql \
	src/workspace/events.sql \
	src/workspace/verify.sql \
	src/workspace/status.sql \
	src/workspace/erase.sql \
	src/review/report_parts.sql \
	src/review/report_sections.sql \
	src/review/report.sql \
	src/lifecycle/checks.sql \
	src/handoff/checks.sql \
	src/sla/checks.sql \
	src/scoring/checks.sql \
	src/review/goal_checks.sql \
	src/review/review_checks.sql

INSTALL_SQL = smarketing--$(EXTVERSION).sql
DIST_ZIP = smarketing-$(EXTVERSION).zip

# These targets are scripts: they work, and this file parses, where no server is installed yet.
SCRIPT_TARGETS = demo test bench lint doc dist
.PHONY: $(SCRIPT_TARGETS)

ifneq ($(filter-out $(SCRIPT_TARGETS),$(or $(MAKECMDGOALS),all)),)

OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA = $(filter-out $(INSTALL_SQL),$(wildcard smarketing--*.sql))
DATA_built = $(INSTALL_SQL)
ifneq ($(wildcard doc/*.md),)
DOCS = $(wildcard doc/*.md)
endif
EXTRA_CLEAN = $(INSTALL_SQL).tmp $(DIST_ZIP) results output_iso regression.diffs regression.out

# Every sql/*.sql is a test; `setup`, which creates the extension, runs first.
REGRESS = setup $(filter-out setup,$(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql))))
REGRESS_OPTS = --encoding=UTF8
ISOLATION = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=smarketing --encoding=UTF8

# PG_CONFIG chooses the server: by default the one in PATH, else the newest that Debian's packages installed.
PG_CONFIG ?= $(or $(shell command -v pg_config),$(lastword \
	$(shell ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -V)))
PGXS := $(if $(PG_CONFIG),$(shell $(PG_CONFIG) --pgxs))
ifeq ($(wildcard $(PGXS)),)
$(error no PostgreSQL development files found: install postgresql-server-dev-15 or later, or set PG_CONFIG)
endif

# Bitcode for the server's JIT needs the very clang that the server was built with: without it, do without.
ifeq ($(shell command -v $$(sed -n 's/^CLANG *= *//p' $(dir $(PGXS))../Makefile.global)),)
override with_llvm = no
endif

PG_CPPFLAGS = -I$(srcdir)/src
srcdir = .
include $(PGXS)

$(OBJS) $(OBJS:.o=.bc): $(sort $(wildcard src/*.h src/*/*.h))

$(INSTALL_SQL): $(SQL_SOURCES) smarketing.control Makefile
	cat $(SQL_SOURCES) > $@.tmp && mv $@.tmp $@

endif

# ONLY=regress|isolation|pgtap|property|shell, FILTER=part of a file's name, VARIANT=superuser|owner|client|bare_path
test:
	@test/run

# What the documents show, compared with what the server says; `test/doc --accept` rewrites it.
doc:
	@ONLY=shell FILTER=doc test/run

lint:
	@test/lint

demo:
	@demo/run

# FILTER=part of a benchmark's name
bench:
	@bench/run

# The archive for PGXN.
dist:
	git archive --format=zip --prefix=smarketing-$(EXTVERSION)/ -o $(DIST_ZIP) HEAD
	@echo $(DIST_ZIP)
