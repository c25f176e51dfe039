# Every target works alone on a fresh clone: it makes the virtual environment that it needs and installs locked versions.
# The interpreter is $(PYTHON) if given, else the first Python 3.10 to 3.13 that tools/find-python finds.

.DEFAULT_GOAL := help
export PYTHON
# What a shell has set for its own work must not change what is installed here.
unexport PYTHONPATH PYTHONHOME
# Nor slow down what runs: each process that a test starts would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

PIP := -m pip --disable-pip-version-check --quiet install
PYTEST_ARGS ?=
# More than there are cores: tests wait for sandboxes, kernels and containers.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
FUZZ_ARGS ?=
SEEDS ?= 0-99999
JOBS ?= 1
CUTS ?= 300
CONTROL_PLANE ?=
CLIENT_WORKERS ?= 2
SEED ?= 11
SOAK_ARGS ?=
BENCH_ARGS ?=
LAB_ARGS ?=

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-22s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# --- what people run -------------------------------------------------------------------------------------------------
.PHONY: demo check guards test-one test test-portability test-python-versions test-cuts test-client fuzz soak lint format bench lab docs wheel
.PHONY: constraints clean
demo: .venv/.demo ## run notebooks/quickstart.ipynb in a real kernel and print what came of it
	.venv/bin/python notebooks/run_demo.py

check: .venv/.dev ## in a minute: lint, types, guards of the house, quick tests; then `make test` tells the rest
	@tools/check

guards: .venv/.dev ## the tests that hold up the rules of the house: layers, sizes, names, errors, documents
	@tools/check guards

test-one: .venv/.dev ## the tests of one file (F=autocontainer_nb/core/graph/conditional.py, or a test)
	@tests=$$(tools/tests-of $(F)) || exit; \
	case "$$tests" in *tests/conformance*) $(MAKE) --no-print-directory .venv-peer/.installed || exit ;; esac; \
	.venv/bin/python -m pytest $$tests $(PYTEST_ARGS)

test: .venv/.dev .venv-peer/.installed ## all tests, in parallel (PYTEST_ARGS="-k name" chooses)
	.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

test-portability: .venv/.dev ## capture on each Python 3.10 to 3.13 of this machine, run on each other
	for minor in $$(tools/find-python --minors); do $(MAKE) --no-print-directory .venv-matrix-$$minor/.installed || exit; done
	PORTABILITY=full .venv/bin/python -m pytest -n $(WORKERS) tests/pickling/portability $(PYTEST_ARGS)

test-python-versions: ## the quick core of the tests on each other Python 3.10 to 3.13 of this machine
	@tools/test-python-versions $(PYTEST_ARGS)

test-cuts: .venv/.dev ## cut, reset, delay and hold back calls to a sandbox, 300 launches in all (CUTS=1000 SEED=7)
	AUTOCONTAINER_NB_CUTS=$(CUTS) AUTOCONTAINER_NB_CUTS_SEED=$(SEED) .venv/bin/python -m pytest tests/remote/test_cuts.py $(PYTEST_ARGS)

test-client: .venv/.dev ## the client's suite, on a sandbox or on a cluster (CONTROL_PLANE=host:port PYTEST_ARGS=--insecure)
	.venv/bin/python -m pytest -n $(CLIENT_WORKERS) $(if $(CONTROL_PLANE),--control-plane=$(CONTROL_PLANE)) tests/client $(PYTEST_ARGS)

test-oidc: .venv/.dev .venv-oidc/.installed ## sign in at a certified OpenID provider (needs node and npm)
	OIDC_PROVIDER=$(CURDIR)/.venv-oidc .venv/bin/python -m pytest tests/remote/auth/certified $(PYTEST_ARGS)

fuzz: .venv/.dev ## alter a million pickled-entity files and see that each is refused or sound (FUZZ_ARGS="--cases N")
	.venv/bin/python tests/fuzz/run_fuzz.py $(FUZZ_ARGS)

soak: .venv/.dev ## play 100,000 composed notebooks here and in containers; goes on where it ended (SEEDS=0-9999 JOBS=2)
	.venv/bin/python tests/property/soak.py --seeds $(SEEDS) --jobs $(JOBS) $(SOAK_ARGS)

lint: .venv/.dev ## ruff check, ruff format --check, mypy --strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: .venv/.dev ## let ruff rewrite what it can
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv-bench/.installed .venv-peer/.installed ## measure against flytekit and the floor (BENCH_ARGS="--json FILE")
	.venv-bench/bin/python benchmarks/run.py --peer .venv-peer $(BENCH_ARGS)

lab: .venv/.lab ## JupyterLab on notebooks/
	.venv/bin/jupyter lab --notebook-dir=notebooks $(LAB_ARGS)

docs: .venv/.docs ## build the documentation into site/ and check every link of it
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict
	.venv/bin/python docs/check_site.py site

wheel: .venv/.dev ## build the wheel into dist/
	.venv/bin/python -m hatchling build -t wheel -d dist

constraints: .venv-lock/.installed ## resolve the locks anew: constraints.txt, benchmarks/peer-constraints.txt
	tools/lock .venv-lock/bin/uv

clean: ## remove environments, caches and build results
	rm -rf .venv .venv-* build dist site .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments; a stamp is newer than what it was installed from ---------------------------------------------------
# The build backend comes first, from the lock: without isolation nothing is installed that isn't locked.
.venv/bin/python:
	python=$$(tools/find-python) && "$$python" -m venv --clear .venv

.venv/.demo: pyproject.toml constraints.txt | .venv/bin/python
	.venv/bin/python $(PIP) -c constraints.txt hatchling editables
	.venv/bin/python $(PIP) -c constraints.txt --no-build-isolation -e '.[demo]'
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	.venv/bin/python $(PIP) -c constraints.txt hatchling editables
	.venv/bin/python $(PIP) -c constraints.txt --no-build-isolation -e '.[dev]'
	@touch .venv/.demo $@

.venv/.lab: .venv/.demo
	.venv/bin/python $(PIP) -c constraints.txt --no-build-isolation -e '.[lab]'
	@touch $@

.venv/.docs: .venv/.demo
	.venv/bin/python $(PIP) -c constraints.txt --no-build-isolation -e '.[docs]'
	@touch $@

.venv-%/.test: pyproject.toml constraints.txt
	test -x .venv-$*/bin/python || { python=$$(tools/find-python $*) && "$$python" -m venv --clear .venv-$*; }
	.venv-$*/bin/python $(PIP) -c constraints.txt hatchling editables
	.venv-$*/bin/python $(PIP) -c constraints.txt --no-build-isolation -e '.[test]'
	@touch $@

# The versions that all Pythons of the matrix have in common; the package itself is found in the checkout.
.venv-matrix-%/.installed: tests/pickling/portability/requirements.txt
	test -x .venv-matrix-$*/bin/python || { python=$$(tools/find-python $*) && "$$python" -m venv --clear .venv-matrix-$*; }
	.venv-matrix-$*/bin/python $(PIP) --compile -r tests/pickling/portability/requirements.txt
	@touch $@

# What a user would have: a wheel, compiled on installation, not a link to the checkout.
.venv-bench/.installed: pyproject.toml constraints.txt $(shell find autocontainer_nb -name '*.py')
	test -x .venv-bench/bin/python || { python=$$(tools/find-python) && "$$python" -m venv --clear .venv-bench; }
	.venv-bench/bin/python $(PIP) -c constraints.txt hatchling editables
	.venv-bench/bin/python $(PIP) -c constraints.txt --no-build-isolation --compile '.[all]'
	@touch $@

.venv-peer/.installed: benchmarks/peer-constraints.txt
	python=$$(tools/find-python) && "$$python" -m venv --clear .venv-peer
	.venv-peer/bin/python $(PIP) --compile -r benchmarks/peer-constraints.txt
	@touch $@

.venv-oidc/.installed: tests/remote/auth/certified/package.json
	mkdir -p .venv-oidc && cp $< .venv-oidc/
	npm install --prefix .venv-oidc --no-package-lock --no-audit --no-fund
	@touch $@

.venv-lock/.installed:
	python=$$(tools/find-python) && "$$python" -m venv --clear .venv-lock
	.venv-lock/bin/python $(PIP) 'uv>=0.8'
	@touch $@
