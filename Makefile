# polyconstraints: `make help` lists the targets.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# Stamps live inside the environment, so that removing it removes them too.
CORE_STAMP := $(VENV)/.stamp-core
TEST_STAMP := $(VENV)/.stamp-test

TEST_EXTRAS := dask,docs,equinox,flax,jax,onnx,plot,safetensors,test,torch
SOURCES     := $(wildcard polyconstraints tests examples benchmarks docs/*.py)

# Without the optional packages, whose tests skip themselves.
OLDEST         := .venv-oldest
OLDEST_TESTERS := hypothesis jsonschema pytest pytest-timeout pytest-xdist

# What is built is installed here, beside nothing else.
FRESH := .venv-fresh

# Two processes: what the smallest machines that run this have.
PYTEST_ARGS ?= -n 2 -q

FUZZ_RUNS    ?= 500000
FUZZ_READERS ?= $(shell $(BIN)/python -c 'from tests.fuzz.readers import READERS; print(*READERS)')
KILL_ROUNDS  ?= 200

# Pages whose outputs are the commands' own; findings.md has its own test.
DOCS_PAGES := README.md $(filter-out docs/findings.md,$(wildcard docs/*.md docs/how-to/*.md))

.DEFAULT_GOAL := help
.PHONY: help demo install test lint typecheck pytest test-oldest fuzz kill-tests sizes fmt schemas docs docs-outputs
.PHONY: bench-startup dist clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'polyconstraints needs Python 3.11 or newer; name one with make PYTHON=...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(CORE_STAMP): pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --editable .
	@touch $@

$(TEST_STAMP): pyproject.toml constraints-test.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints-test.txt --editable '.[$(TEST_EXTRAS)]'
	@touch $@ $(CORE_STAMP)

install: $(CORE_STAMP) ## Install the package and its core dependencies into .venv.

demo: $(CORE_STAMP) ## Run the main job on a real network: expand, derive, export, check.
	@$(BIN)/python examples/demo.py

test: lint typecheck pytest ## Everything that must pass: style, types, tests and doctests.

lint: $(TEST_STAMP) ## Check style and formatting.
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

typecheck: $(TEST_STAMP) ## Check types.
	$(BIN)/mypy --strict polyconstraints

pytest: $(TEST_STAMP) ## Run the tests and doctests only.
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-oldest: ## Test with the oldest dependencies allowed, in an environment of their own.
	$(PYTHON) -m venv --clear $(OLDEST)
	$(PYTHON) tests/oldest.py > $(OLDEST)/constraints.txt
	$(OLDEST)/bin/python -m pip --disable-pip-version-check install --quiet \
	    --constraint $(OLDEST)/constraints.txt --editable '.[discover,safetensors]' $(OLDEST_TESTERS)
	$(OLDEST)/bin/python -m pytest --doctest-ignore-import-errors $(PYTEST_ARGS)

fuzz: $(TEST_STAMP) ## Fuzz every reader for FUZZ_RUNS inputs each (a long hunt).
	@for reader in $(FUZZ_READERS); do \
	    echo "== $$reader"; $(BIN)/python -m tests.fuzz $$reader --runs $(FUZZ_RUNS) || exit 1; \
	done

kill-tests: $(TEST_STAMP) ## Kill every command that writes a file, KILL_ROUNDS times each.
	$(BIN)/python -m tests.robustness.kill --rounds $(KILL_ROUNDS)

sizes: $(TEST_STAMP) ## Run commands of every size and write their table into docs/reliability.md.
	$(BIN)/python -m tests.robustness.sizes
	$(BIN)/python -m tests.robustness.sizes --write

fmt: $(TEST_STAMP) ## Format the code and apply safe fixes.
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

schemas: $(CORE_STAMP) ## Write the JSON Schemas of the documents from their declarations.
	$(BIN)/python -m polyconstraints.schemas.generate

docs: $(TEST_STAMP) ## Build the documentation into site/, with warnings as errors.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

docs-outputs: $(TEST_STAMP) ## Write real outputs, pictures and the notebook into the documentation.
	$(BIN)/python tests/docs/figures.py
	$(BIN)/python docs/names.py
	$(BIN)/python tests/docs/runner.py $(DOCS_PAGES)
	$(BIN)/python tests/docs/notebook.py

bench-startup: $(CORE_STAMP) ## Measure how long the commands take to start.
	$(BIN)/python benchmarks/startup.py

dist: ## Build sdist and wheel into dist/, check both, run the demo from the wheel alone.
	rm -rf dist
	$(PYTHON) -m venv --clear $(FRESH)
	$(FRESH)/bin/python -m pip --disable-pip-version-check install --quiet build check-wheel-contents twine
	$(FRESH)/bin/python -m build --outdir dist .
	$(FRESH)/bin/twine check --strict dist/*
	$(FRESH)/bin/check-wheel-contents dist/*.whl
	$(PYTHON) -m venv --clear $(FRESH)
	$(FRESH)/bin/python -m pip --disable-pip-version-check install --quiet dist/*.whl
	mkdir -p build && cd build && ../$(FRESH)/bin/python ../examples/demo.py

clean: ## Remove the environment, caches and build outputs.
	rm -rf $(VENV) $(OLDEST) $(FRESH) build dist site htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
