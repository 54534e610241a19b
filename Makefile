# Every target installs what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
python := .venv/bin/python

# Settings: make server PORT=9000 DATA=/var/lib/resonate, make test ARGS='-k cron -x'
PORT ?= 8001
DATA ?= .state/server
ARGS ?=
# Parallel test processes: three for each core, because most tests wait for a process, a lease or a clock.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) '*' 3)

# Compiled modules are kept, whatever the shell says: a run starts hundreds of processes, and each would compile again
# what it imports, for up to three times the processor time.
unexport PYTHONDONTWRITEBYTECODE

compile := .venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.13 --no-header
# The programs with their own packages; each has a group of the same name in pyproject.toml.
parts := lambdas/trigger lambdas/keys lambdas/functions worker keeper
# The SDK's HTTP library and what it needs: the function worker has its own, and starts in two thirds of the time without.
unused_in_functions := aiohttp aiohappyeyeballs aiosignal attrs frozenlist multidict propcache yarl idna
# Folders with workflows, for `durable lint`.
workflows := worker durable bench examples
# The parts of `make check`, side by side: without mypy's cache the types take longer than the others together.
checks := check-types check-code check-console check-rules

.PHONY: help setup demo demo-crash serve test compile-tests soak check $(checks) format openapi images bench eval server synth wheel lock clean

help: ## Show this list
	@printf 'usage: make TARGET\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done
	@printf '\nRESONATE_BIN=/path/to/resonate lets test and bench compare with the real server.\n'

setup: ## Create the environment in .venv (every target does)
	@PYTHON='$(PYTHON)' GOAL='$(firstword $(MAKECMDGOALS))' scripts/setup

demo: setup ## Process four documents with the whole system on this machine
	@$(python) -m starting local.demo $(ARGS)

demo-crash: setup ## Kill the worker during a job, and show that the job resumes
	@$(python) -m starting local.demo --crash $(ARGS)

serve: setup ## Run the whole system for your own requests (ARGS='--port 8080 --fresh')
	@$(python) -m starting local.serve $(ARGS)

test: setup ## Run all tests, or some (ARGS='-k cron')
	@$(python) -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Compile the tests and what they import, which each of the test processes would do for itself. An error is the tests' own.
compile-tests: setup
	@$(python) -m pytest --collect-only -qq $(ARGS) >/dev/null || true

soak: setup ## Run the long tests: thousands of random scripts, floods, what else the real server proves
	@$(python) -m pytest --numprocesses $(JOBS) --dist load -m soak $(ARGS)

check: setup ## Check format, lint, types, workflows, imports and words (offline, under a minute)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target $(checks)

check-types: setup
	@$(python) -m mypy

check-code: setup
	@$(python) -m ruff format --check --quiet .
	@$(python) -m ruff check --quiet .
	@$(python) -m durable lint $(workflows)
	@$(python) -m local.openapi --check

check-console: setup
	@[ -d console/node_modules/typescript ] || scripts/npm console ci
	@scripts/npm console run --silent check

check-rules: setup
	@$(python) -m pytest --quiet tests/architecture

openapi: setup ## Write the API's description to docs/openapi.json; refuse what would break its clients
	@$(python) -m local.openapi $(ARGS)

format: setup ## Format the code and apply the linter's fixes
	@$(python) -m ruff check --fix --quiet --exit-zero .
	@$(python) -m ruff format .

images: setup ## Build the images with Docker, and start each read-only as its user
	@LONGHAND_BUILD_IMAGES=1 $(python) -m pytest tests/images/test_docker.py $(ARGS)

bench: setup ## Measure speed and size on this machine, and print tables
	@$(python) -m starting bench $(ARGS)

eval: setup ## Measure the accuracy of results, on generated documents or yours (DATA=folder)
	@$(python) -m starting evaluation $(if $(filter command line environment,$(origin DATA)),$(DATA)) $(ARGS)

server: setup ## Start a durable Resonate server (PORT=8001 DATA=.state/server)
	@$(python) -m starting durable.embedded --port $(PORT) --data $(DATA) $(ARGS)

synth: setup ## Write the CloudFormation templates to cdk.out, and print their idle cost (ARGS='-c profile=production -c alarmEmail=none')
	@$(python) app.py $(ARGS)
	@$(python) -m pricing cdk.out

wheel: setup ## Build the packages of toolkit and client, longhand-durable and longhand-client, in dist/
	@for project in durable longhand_client; do .venv/bin/uv build --quiet --wheel --no-build-isolation --python $(python) $$project --out-dir dist; done
	@ls dist/*.whl

lock: setup ## Pin all packages of pyproject.toml in requirements.txt, and each program's own
	@$(compile) --group dev --universal --output-file requirements.txt
	@for part in $(parts); do $(compile) --group "$$(basename "$$part")" --universal --constraint requirements.txt --no-annotate $$([ $$part != lambdas/functions ] || printf -- '--no-emit-package %s ' $(unused_in_functions)) --output-file "$$part/requirements.txt"; done

clean: ## Delete the environment, caches, local state and cdk.out
	@rm -rf .venv .state cdk.out dist .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf tests/sdk/typescript/node_modules console/node_modules
