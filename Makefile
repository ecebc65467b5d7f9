# Everything one types. Paths are relative on purpose: the checkout may lie below spaces and Chinese characters.
# Another Python: make run PYTHON=python3.12

PYTHON ?= python3
OURS := .venv/bin/python
BOOTSTRAP := $(PYTHON) launch/bootstrap.py
# A command with our database and Redis behind it: those of a running `make run`, else started for it.
SERVED := $(OURS) -m launch.with_servers
ARGS ?=
# How many test processes at once: as many as there are cores does best.
PROCESSES ?= 2
SIZE ?= 10000
MEASURE ?=
NAME ?= change

# The product is some ten processes; one that may not keep what Python compiled starts three times slower.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run prepare prepare-dev test lint bench seed migrate migration messages relay worker flask screenshots requirements clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: prepare  ## start the product and everything it needs; Ctrl-C ends it
	@exec $(OURS) -m launch

prepare:
	@$(BOOTSTRAP)

prepare-dev:
	@$(BOOTSTRAP) --dev

test: prepare-dev  ## the whole suite; a part of it: make test ARGS="tests/checkin -q"
	@exec $(OURS) -m pytest -n $(PROCESSES) --dist worksteal $(ARGS)

lint: prepare-dev  ## ruff, mypy --strict, the direction of imports
	@$(OURS) -m ruff check .
	@$(OURS) -m ruff format --check --quiet .
	@$(OURS) -m mypy .
	@$(OURS) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

bench: prepare-dev  ## every measure; one of them: make bench MEASURE=scan
	@exec $(OURS) -m bench $(MEASURE)

seed: prepare  ## a large database for measuring: make seed SIZE=100000
	@exec $(SERVED) --prepared $(OURS) -m flask --app app seed --size $(SIZE)

migrate: prepare  ## bring the database to the newest schema
	@exec $(SERVED) $(OURS) -m launch.prepare --no-demo

migration: prepare-dev  ## a new migration out of what the models say: make migration NAME="add a field"
	@exec $(SERVED) --prepared $(OURS) -m alembic revision --autogenerate --rev-id $$(printf '%04d' $$(($$(ls migrations/versions/*.py | wc -l) + 1))) -m "$(NAME)"

flask: prepare  ## a command of the product: make flask ARGS="staff list"
	@exec $(SERVED) --prepared $(OURS) -m flask --app app $(ARGS)

relay: prepare  ## the outbox relay alone, in the foreground
	@exec $(SERVED) --prepared $(OURS) -m jobs.relay

worker: prepare  ## the worker alone, in the foreground
	@exec $(SERVED) --prepared $(OURS) worker.py

messages: prepare  ## collect the texts of the pages into translations/ and compile them
	@$(OURS) -m babel.messages.frontend --quiet extract -F babel.cfg -k lazy_gettext -k _l --no-location --sort-output --omit-header -o translations/messages.pot .
	@$(OURS) -m babel.messages.frontend --quiet update -i translations/messages.pot -d translations --no-fuzzy-matching --ignore-pot-creation-date
	@$(OURS) -m babel.messages.frontend compile -d translations

screenshots: prepare-dev  ## the main pages as pictures into docs/
	@exec $(OURS) -m docs.screenshots

requirements:  ## newest versions of what requirements*.txt name, for reading and pinning by hand
	@$(OURS) -m pip list --outdated --disable-pip-version-check

clean:  ## remove what was built (never the data in var/)
	rm -rf .venv node_modules static/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
