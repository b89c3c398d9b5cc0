# Everything starts here: "make run", "make test". Set-up is part of each; see .ci/setup.
SHELL := bash
PY := $(if $(filter Windows_NT,$(OS)),.venv/Scripts/python,.venv/bin/python)
START_PROJECT := resources/projects/inception_3a_5x5_branch.toml
BENCHMARKS := $(filter-out %/__init__.py,$(sort $(wildcard tests/benchmarks/*.py)))

# Only Linux says by these two whether there is a screen.
HAS_DISPLAY := $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter-out Linux,$(shell uname -s)))

.PHONY: help run test bench house pictures wheel clean distclean
# Two set-ups at once would spoil .venv.
.NOTPARALLEL:

help:
	@echo "make run        sets up what is missing and opens the window"
	@echo "                (without a display: draws the start project into out/)"
	@echo "make test       sets up what is missing, then runs all checks and tests"
	@echo "make bench      prints what the fast routines take against a plain matrix product"
	@echo "make house      measures the structure of the program beside its aims"
	@echo "make pictures   draws the README's pictures into resources/pictures"
	@echo "make wheel      builds dist/convolume-*.whl"
	@echo "make clean      deletes out/, dist/ and caches; make distclean .venv too"
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

test bench pictures: export QT_QPA_PLATFORM = offscreen
test bench pictures: export QT_SCALE_FACTOR = 1
test bench: export PYTEST_QT_API = pyside6
test bench: export PYQTGRAPH_QT_LIB = PySide6

test:
	@bash .ci/setup test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PY) -m pytest -n 2

bench:
	@bash .ci/setup run
	@for file in $(BENCHMARKS); do echo "== $$file"; PYTHONPATH=. $(PY) $$file || exit; done

house:
	@bash .ci/setup run
	@$(PY) -m tests.house

pictures:
	@bash .ci/setup run
	$(PY) -m tests.pictures

wheel:
	@bash .ci/setup run
	$(PY) -m pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
