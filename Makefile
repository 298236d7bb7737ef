# One environment for everything; `make help` lists the targets.
.DEFAULT_GOAL := help
PYTHON ?= python3
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV UV_SYSTEM_PYTHON
BIN := .venv/bin
UV := 0.13.8
READY := .venv/.ready-$(shell cat requirements.lock pyproject.toml Makefile | cksum | cut -d' ' -f1)

help:        ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

up: $(READY)    ## the whole system on this machine, until Ctrl-C
	@exec $(BIN)/movers up $(ARGS)

test: $(READY)  ## all tests
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)

check: format-check lint types synth test  ## format, lint, types, synth, tests

format: $(READY)  ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

format-check: $(READY)
	$(BIN)/ruff format --check .

lint: $(READY)
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

synth: $(READY)  ## the templates that would be deployed, checked by cdk-nag and cfn-lint
	$(BIN)/python -m scripts.bundle
	$(BIN)/python -m infra.app
	$(BIN)/cfn-lint

lock: $(READY)  ## resolve the pins of pyproject.toml anew
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --group operate --group dev \
		pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.13 \
		--constraint requirements.lock pyproject.toml --output-file ingest/requirements.lock

$(READY):
	@echo "Setting up .venv (once per change of the pins)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --require-hashes --requirements requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@touch $@

clean:  ## remove everything that was made
	rm -rf .venv .local build .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help up test check format format-check lint types synth lock clean
