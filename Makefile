# Every target works on a fresh clone: the environment is made from the lock files when it is missing or old.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TESTS ?=

.DEFAULT_GOAL := check
.PHONY: check test test-real demo lint types contracts generate lock bench clean

check: lint types contracts test ## everything but the long builds

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(VENV)/.installed ## run the exporter on the embedded example cluster
	$(BIN)/holdfast demo

test: $(VENV)/.installed ## all tests that need no long build; the one quick build is made when missing
	$(BIN)/python -m tests.tools.install quick
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not real_long" $(TESTS)

test-real: $(VENV)/.installed ## the tests whose programs take longer to build
	$(BIN)/python -m tests.tools.install long
	$(BIN)/python -m pytest -m real_long $(TESTS)

lint: $(VENV)/.installed ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed ## static types
	$(BIN)/mypy

contracts: $(VENV)/.installed ## who may import whom
	$(BIN)/lint-imports

generate: $(VENV)/.installed ## write again what is generated and committed
	$(BIN)/python -m docs.generate
	$(BIN)/python -m dashboards.source
	$(BIN)/python -m helm.sync

lock: ## bring the lock files up to date with pyproject.toml
	$(BIN)/uv pip compile --quiet --no-header --no-annotate --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --no-header --no-annotate --generate-hashes --universal --python-version 3.11 pyproject.toml --group dev -o requirements-dev.lock

bench: $(VENV)/.installed ## speed and memory on this machine; see docs/scale.md
	$(BIN)/python -m bench.scale

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache
