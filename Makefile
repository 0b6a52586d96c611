# make run | test | lint | clean        each does its own set-up: Python 3.11 and make are enough
# make web | rows | reference | lock    the bundle; what is proven; generated pages; new lock files
# make bench                            what bytes cost, beside other servers
# make nightly                          many kills, power cuts and long tests, and a table of them

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Two test processes: the suite is made for two cores.
JOBS ?= 2
MAKEFLAGS += --no-print-directory
# Hundreds of processes start in the tests: each reads compiled modules, none compiles them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-long unit pure lint lint-python lint-web clean web rows reference lock bench nightly fuzz system-parts peers

run: $(VENV)/runtime.stamp web
	$(BIN)/rushes demo

# A test that fails is run once more, and both runs are told (docs/decisions/0033).
AGAIN := --reruns 1 --max-suite-reruns 10 -r fEsxXR --rerun-show-tracebacks
test: $(VENV)/dev.stamp web system-parts peers
	@status=0; \
	$(BIN)/python tools/pure_coverage.py || status=1; \
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(AGAIN) || status=1; \
	exit $$status

# Many rounds of the fault tests.
test-long: $(VENV)/dev.stamp web system-parts peers
	$(BIN)/pytest -n $(JOBS) --long --timeout 1800

# Rounds of faults, the long tests and the bench; NIGHTLY=quick makes each of them short.
NIGHTLY ?= full
nightly: $(VENV)/dev.stamp web system-parts peers
	$(BIN)/python tools/nightly.py --rounds $(NIGHTLY) --jobs $(JOBS)

# Every parser of ours under mutated input: 23 of them, 10 million runs; FUZZ="xsq --runs 1000000".
FUZZ ?= all --runs 440000
fuzz: $(VENV)/dev.stamp
	$(BIN)/python tools/fuzz.py $(FUZZ)

unit: $(VENV)/dev.stamp
	$(BIN)/pytest tests/unit tests/architecture

# Each pure module, by its own test file alone: every line and every branch.
pure: $(VENV)/dev.stamp
	$(BIN)/python tools/pure_coverage.py

lint: lint-python lint-web

lint-python: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config importlinter.ini

lint-web: $(VENV)/dev.stamp $(VENV)/node.stamp
	$(BIN)/python tools/check_web.py

web: $(VENV)/runtime.stamp $(VENV)/node.stamp
	$(BIN)/python tools/build_web.py

rows: $(VENV)/dev.stamp
	$(BIN)/python tools/rows.py

reference: $(VENV)/dev.stamp
	$(BIN)/python tools/make_reference.py

# Ratios, not tests: 25 minutes at most on two cores that do nothing else. `make bench BENCH=--quick`.
bench: $(VENV)/dev.stamp web system-parts
	$(BIN)/python -m bench.ingest $(BENCH)
	$(BIN)/python -m bench.lab $(LAB)
	$(BIN)/python -m bench.notify
	$(BIN)/python -m bench.tiers $(TIERS)

# Parts of the system that some tests start: programs, not libraries.
system-parts: $(VENV)/dev.stamp
	$(BIN)/python tools/system_parts.py

# Upload clients of others, as tests/clients/package-lock.json names them.
peers: $(VENV)/dev.stamp $(VENV)/node.stamp
	@$(BIN)/python tools/peer_clients.py

# Known versions are kept; `make lock UPGRADE=--upgrade` asks for newer ones.
UPGRADE ?=
UV_LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)
lock: $(VENV)/dev.stamp
	$(UV_LOCK) pyproject.toml --extra ffmpeg --group dev -o requirements/dev.txt
	$(UV_LOCK) pyproject.toml --extra ffmpeg --group build -c requirements/dev.txt -o requirements/runtime.txt
	$(UV_LOCK) --group node -o requirements/node.txt

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Rushes needs Python 3.11 or newer; say which with make PYTHON=python3.11." >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
	  || { echo "Python's venv module is missing: install the Debian package python3-venv." >&2; exit 1; }
	@touch $@

$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml $(VENV)/python.stamp
	$(BIN)/pip install --quiet --require-hashes -r requirements/runtime.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/runtime.stamp
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

# Node from PATH where it is new enough, else the locked wheel.
$(VENV)/node.stamp: requirements/node.txt $(VENV)/runtime.stamp
	@cd tools && ../$(BIN)/python -c 'import sys, build_web; sys.exit(build_web.find_node() is None)' \
	  || ../$(BIN)/pip install --quiet --require-hashes -r ../requirements/node.txt
	@touch $@

clean:
	rm -rf $(VENV) artifacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache .coverage web/node_modules tests/clients/node_modules src/rushes/web/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
