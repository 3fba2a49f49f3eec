# Each target sets up what it needs; see `make help`.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
W := .venv/bin/widedeep
PY := .venv/bin/python
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.PHONY: help setup run test test-all check quick fuzz lint docs lock bench image

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## .venv with the locked packages (nothing to do: under a second)
	@bash tools/setup.sh

data/movielens/SOURCE.txt: | setup
	@$(W) data movielens --out data/movielens

run: setup data/movielens/SOURCE.txt  ## the main job: MovieLens-100K in, a pushed model out
	@$(W) run schema/movielens/pipeline.yaml

# With bytecode, whatever the environment says: else each process compiles all modules and tests anew, for 10 s.
TEST := PYTHONDONTWRITEBYTECODE= $(PY) -m pytest --numprocesses auto --maxprocesses 4

test: setup  ## all tests but those that repeat another one (PYTEST_ARGS='-k NAME' for some)
	@$(TEST) $(PYTEST_ARGS)

test-all: setup  ## all tests: whole runs on every database, too
	@$(TEST) -m "" $(PYTEST_ARGS)

check: setup  ## before each commit (3 minutes): lint, docs and the quick tests, beside each other
	@$(MAKE) --jobs=3 lint docs quick

quick: setup  ## the tests that neither run pipelines, train models nor start servers
	@$(TEST) -m "not e2e and not slow" $(PYTEST_ARGS)

fuzz: setup  ## property tests with new examples, ten times as many; what they find becomes an @example of its test
	@$(TEST) --hypothesis-profile fuzz -m hypothesis $(PYTEST_ARGS)

lint: setup  ## ruff, mypy, and the arrows between the rooms
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

docs: setup  ## the documentation in build/docs, strictly
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

lock: setup  ## requirements.lock anew from pyproject.toml, keeping the versions that still fit
	@.venv/bin/uv pip compile pyproject.toml --extra pipeline --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --quiet --output-file requirements.lock

bench: setup  ## the pipeline against TFX's own taxi example (minutes)
	@$(PY) -m benchmarks run taxi

image:  ## the container image (IMAGE_ARGS='--build-arg PIP_INDEX_URL=...' behind a mirror)
	docker build --platform linux/amd64 --build-arg VERSION=$(VERSION) $(IMAGE_ARGS) -t widedeep-tfx .
