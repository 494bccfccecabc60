# `make demo` and `make test` set up .venv by themselves; `make check` is the whole gate.
PYTHON ?= python3
PORT ?= 8765
BIN = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: demo test check proof bench docs lock clean

demo: .venv/demo       ## the bot between a local Slack and a local AWS
	@$(BIN)/python -m bot demo --port $(PORT)

test: .venv/dev        ## the tests
	@$(BIN)/python -m pytest -n 2 -m "not slow" $(TESTS)

check: .venv/dev       ## every gate: format, lint, types, imports, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test TESTS="--cov --cov-report=term $(TESTS)"

proof: .venv/dev       ## the long proofs: kills, outages, large estates
	@$(BIN)/python -m pytest -m slow $(TESTS)

bench: .venv/dev       ## the figures
	@$(BIN)/python -m tests.bench

docs: .venv/dev        ## write the generated pages anew
	@$(BIN)/python -m tests.reference

.venv/demo: requirements-demo.txt
	@echo "Setting up .venv (once)…"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements-demo.txt
	@touch $@

.venv/dev: requirements-dev.txt
	@echo "Setting up .venv with the tools of the tests (once)…"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ .venv/demo

lock:                  ## pin every dependency, with hashes
	for extra in "" demo dev; do \
	  uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --python-version 3.11 $${extra:+--extra $$extra} pyproject.toml -o requirements$${extra:+-$$extra}.txt; \
	done

clean:
	rm -rf .venv .demo .coverage .mypy_cache .ruff_cache .hypothesis .import_linter_cache
