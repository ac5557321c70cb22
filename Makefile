# What one does with Harbor, one word each. `make` lists them.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
TESTS ?=

# Tests and the demo start hundreds of processes. Where bytecode is not kept, each compiles 850 modules anew (0.7 s).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint types contracts golden bench torture docs lock clean

help: ## List these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Setting up. A stamp stands for what was installed last, so nothing is done while the lock stays the same.

setup: $(VENV)/.harbor ## Make .venv with Harbor in it
setup-dev: $(VENV)/.harbor-dev ## The same, with the tools for tests

$(VENV)/.harbor: requirements.lock pyproject.toml sdks/python/pyproject.toml | $(VENV)/.python
	@echo "Installing what Harbor needs into $(VENV); the first time takes a while ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e sdks/python -e .
	@touch $@

# The larger lock holds the smaller one, so nothing is left for `setup` to do afterwards.
$(VENV)/.harbor-dev: requirements-dev.lock requirements.lock pyproject.toml sdks/python/pyproject.toml | $(VENV)/.python
	@echo "Installing what Harbor and its tests need into $(VENV); the first time takes some minutes ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e sdks/python -e .
	@touch $(VENV)/.harbor $@

$(VENV)/.python:
	@command -v $(PYTHON) > /dev/null || { echo "Harbor needs Python 3.11 or later, and there is no $(PYTHON) here. \
	Install it, or name another one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Harbor needs Python 3.11 or later, and \
	$(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: \
	apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# Running

run: setup ## Show Harbor at work: workspace, keys, webhooks, a retry, kill -9, and nothing lost
	@$(BIN)/harbor demo

# Examining

test: setup-dev lint types contracts ## Everything that must hold; TESTS=path narrows the last part
	$(BIN)/python -m pytest -n 2 --durations=20 $(TESTS)

lint: setup-dev ## Style of the sources
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup-dev ## Types, strictly
	$(BIN)/mypy

contracts: setup-dev ## Who may import whom
	$(BIN)/lint-imports

bench: setup-dev ## Measure speed against bare limits (takes long)
	$(BIN)/python -m benchmarks

torture: setup-dev ## Kill the server again and again and count; then 100,000 random requests (takes long)
	$(BIN)/python scripts/torture

# Writing

golden: setup-dev ## Write the OpenAPI documents, the SDK and the reference anew; review what changed
	$(BIN)/python scripts/openapi
	$(BIN)/python scripts/sdk_models
	$(BIN)/python scripts/sdk_sync
	$(BIN)/python scripts/typescript_models
	$(BIN)/python scripts/reference

docs: setup-dev ## Write docs/reference anew
	$(BIN)/python scripts/reference

lock: ## Write the locks anew from pyproject.toml (needs uv)
	PATH="$(abspath $(BIN)):$$PATH" scripts/lock

clean: ## Remove what these words made, but no data
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
