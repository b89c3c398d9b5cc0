# Everything starts here: "make run", "make test". Set-up is part of each; see .ci/setup.
SHELL := bash
PY := $(if $(filter Windows_NT,$(OS)),.venv/Scripts/python,.venv/bin/python)
START_PROJECT := resources/projects/inception_3a_5x5_branch.toml
BENCHMARKS := $(filter-out %/__init__.py,$(sort $(wildcard tests/benchmarks/*.py)))

# Only Linux says by these two whether there is a screen.
HAS_DISPLAY := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter-out Linux,$(shell uname -s)))

# A line of each is checked in tests/test_set_up.py: no target without one.
.PHONY: help run lint test-fast test test-newest test-models fuzz soak hooks lock bench bench-peers house pictures wheel clean distclean
# Two set-ups at once would spoil .venv.
.NOTPARALLEL:

help:
	@echo "make run          sets up what is missing and opens the window"
	@echo "                  (without a display: draws the start project into out/)"
	@echo "make test         sets up what is missing, then runs all checks and tests (minutes)"
	@echo "make lint         the checks alone: style, types, imports (seconds)"
	@echo "make test-fast    the tests that take no time, of every folder (under half a minute)"
	@echo "make test-newest  all checks and tests with the newest releases, in .venv-newest"
	@echo "make test-models  checks our counting rules by the tools themselves, and exported modules, with PyTorch, in .venv-models"
	@echo "make fuzz         opens damaged and hostile files for 10 minutes (MINUTES=2 SEED=1 change that)"
	@echo "make soak         a random user and a killer for minutes (STEPS=20000 KILLS=500 SEED=1 change that)"
	@echo "make hooks        lets git run lint before each commit and test-fast before each push"
	@echo "make lock         renews the lock files: the newest releases that pyproject.toml allows"
	@echo "make bench        prints what the fast routines take against ONNX Runtime, quiet and busy (minutes)"
	@echo "make bench-peers  the same against PyTorch as well, in .venv-models"
	@echo "make house        measures the structure of the program beside its aims"
	@echo "make pictures     draws the pictures of the README, the manual and CONTRIBUTING"
	@echo "make wheel        builds dist/convolume-*.whl"
	@echo "make clean        deletes out/, dist/ and caches; make distclean the environments too"
	@echo "PYTHON=/path/to/python3.12 chooses the Python of a new .venv (3.11 or newer)"

run:
	@bash .ci/setup run
ifneq ($(HAS_DISPLAY),)
	$(PY) main.py
else
	@$(PY) main.py export $(START_PROJECT) --out out
	@$(PY) main.py screenshot $(START_PROJECT) --out out/window.png
	@echo "No display: drew the start project's pictures and table into out/"
endif

TESTS := test test-fast test-newest test-models fuzz soak
$(TESTS) bench bench-peers pictures: export QT_QPA_PLATFORM = offscreen
$(TESTS) bench bench-peers pictures: export QT_SCALE_FACTOR = 1
$(TESTS) bench bench-peers: export PYTEST_QT_API = pyside6
$(TESTS) bench bench-peers: export PYQTGRAPH_QT_LIB = PySide6
# Whatever the caller has set: tests start hundreds of programs, and each would compile all of its modules.
$(TESTS): export PYTHONDONTWRITEBYTECODE =

define LINT
$(PY) -m ruff check .
$(PY) -m ruff format --check .
$(PY) -m mypy
$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
endef

lint:
	@bash .ci/setup test
	$(LINT)

test-fast:
	@bash .ci/setup test
	$(PY) -m pytest -n 2 -q -m "not slow" --hypothesis-profile=fast

test:
	@bash .ci/setup test
	$(LINT)
	$(PY) -m pytest -n 2

test-newest: PY := $(subst .venv,.venv-newest,$(PY))
test-newest:
	@bash .ci/setup newest
	$(LINT)
	$(PY) -m pytest -n 2

# Without -n: PyTorch uses all cores by itself.
test-models: PY := $(subst .venv,.venv-models,$(PY))
test-models:
	@bash .ci/setup models
	$(PY) -m pytest tests/models

# A short run is part of make test. Bad cases are kept in out/fuzz.
MINUTES := 10
SEED := $(shell date +%s)
fuzz:
	@bash .ci/setup test
	$(PY) -m tests.fuzz --minutes $(MINUTES) --seed $(SEED)

# A fifth of the steps are through real widgets; a fifth as many programs are killed while they edit as while they save.
# A short run is part of make test.
STEPS := 20000
KILLS := 500
soak: export SOAK_STEPS = $(STEPS)
soak: export SOAK_KILLS = $(KILLS)
soak: export SOAK_SEED = $(SEED)
soak:
	@bash .ci/setup test
	@echo "STEPS=$(STEPS) KILLS=$(KILLS) SEED=$(SEED)"
	$(PY) -m pytest -q tests/gui/test_soak.py tests/gui/test_kills.py

hooks:
	@bash .ci/setup test
	$(PY) -m pre_commit install --hook-type pre-commit --hook-type pre-push

# One file for all supported Pythons and systems, each package with the hashes of its wheels. What run.lock names,
# test.lock names in the same version. After it: make test, and a line in CHANGELOG.md if a user would notice.
COMPILE := $(subst .venv,.venv-lock,$(PY)) -m uv --no-config pip compile --quiet --upgrade --universal \
	--python-version 3.11 --only-binary :all: --generate-hashes --custom-compile-command "make lock" \
	--extra onnx --extra dask pyproject.toml
lock:
	@bash .ci/setup lock
	$(COMPILE) --output-file .ci/run.lock
	$(COMPILE) --group dev --constraint .ci/run.lock --output-file .ci/test.lock

# The offscreen windows of benchmarks say for each change of size that they give their hints to nobody.
WITHOUT_HINTS := grep -v propagateSizeHints >&2

bench:
	@bash .ci/setup run
	@for file in $(BENCHMARKS); do echo "== $$file"; PYTHONPATH=. $(PY) $$file 2> >($(WITHOUT_HINTS)) || exit; done

bench-peers: PY := $(subst .venv,.venv-models,$(PY))
bench-peers:
	@bash .ci/setup models
	@for file in $(BENCHMARKS); do echo "== $$file"; PYTHONPATH=. $(PY) $$file 2> >($(WITHOUT_HINTS)) || exit; done

house:
	@bash .ci/setup run
	@$(PY) -m tests.house

pictures:
	@bash .ci/setup run
	$(PY) -m tests.pictures
	$(PY) -m tests.architecture

wheel:
	@bash .ci/setup test
	$(PY) -m pip wheel --no-deps --no-build-isolation --check-build-dependencies --wheel-dir dist .

clean:
	rm -rf out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv .venv-newest .venv-models .venv-lock
