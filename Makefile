# Two commands do the set-up by themselves:  make lab  and  make test

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
PYTEST_ARGS ?=
LAB_ARGS ?=
STUDENT ?= student
NAME ?=
SEED ?= class
PAGE ?= page
SITE ?= site

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt
STAMP := $(VENV)/.done
ROOT_FLAG = $(if $(filter 0,$(shell id -u)),--allow-root)
MAKEFLAGS += --no-print-directory
# Tests and notebooks start hundreds of processes: let Python keep what it compiles (`make clean` removes it).
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lab test long fuzz lint style types size golden notebooks student case page docs lock dist applications privacy rules picture traces bench clean

help:
	@echo 'make lab             JupyterLab on the first notebook (sets everything up, once)'
	@echo 'make test            all checks and tests'
	@echo 'make long            what the tests reach, the tests that take longer, and make fuzz'
	@echo 'make fuzz RUNS=n     random input, guided by what it reaches (atheris)'
	@echo 'make lint            style and types only'
	@echo 'make size            lines of the library, a file a line, against its limits'
	@echo 'make notebooks       run all notebooks afresh and keep their outputs'
	@echo 'make student         write the course without solutions and outputs into a folder (STUDENT=student)'
	@echo 'make case            write an investigation with captures of your own (NAME=wedge SEED=anna)'
	@echo 'make page            write a folder with a page that decodes in the browser (PAGE=page)'
	@echo 'make docs            write a site of the documents and notebooks into a folder (SITE=site)'
	@echo 'make lock            write requirements.lock again: exact versions with their hashes'
	@echo 'make dist            build the package into the folder dist'
	@echo 'make traces          make the modelled traces again'
	@echo 'make golden TRACE=x  make the golden print of one trace again, and show what changed'
	@echo 'make rules           write the page of rules, docs/rules.md, again'
	@echo 'make picture         take the picture of the README again'
	@echo 'make applications    write the table of applications in docs/applications.md again'
	@echo 'make privacy         write the list of what is hidden in docs/privacy.md again'
	@echo 'make bench           measure against other tools'
	@echo 'make clean           remove what can be made again, .venv too'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed; "$(PYTHON)" is not. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python has no venv here. Install it: apt install python3-venv'; exit 1; }
	@echo 'Setting up $(VENV), once; about a minute ...'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable '.[lab,corpus,test]'
	@$(PIP) --editable '.[reader]' > $(VENV)/reader.log 2>&1 \
	  || echo 'Captures work. For live cards: apt install libpcsclite-dev gcc python3-dev, then: make clean lab'
	@touch $@

lab: $(STAMP)
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter" $(PY) -m jupyterlab $(ROOT_FLAG) --ServerApp.root_dir="$(CURDIR)" $(LAB_ARGS) notebooks/00_start_here.ipynb

# The types are checked beside the tests; what is wrong with them stands below the tests.
test: style
	@$(MAKE) types > $(VENV)/types.log 2>&1 & types=$$!; \
	$(PY) -m pytest -n $(JOBS) --dist loadgroup $(PYTEST_ARGS); tests=$$?; \
	wait $$types || { cat $(VENV)/types.log; exit 1; }; exit $$tests

long: $(STAMP)
	@$(PIP) --editable '.[docs,release]'
	@$(PY) -m pytest -n $(JOBS) --dist loadgroup --cov --cov-report=term $(PYTEST_ARGS)
	@$(PY) -m pytest -n $(JOBS) --dist loadgroup --long -m long $(PYTEST_ARGS)
	@$(MAKE) fuzz

fuzz: $(STAMP)
	@$(PIP) --editable '.[fuzz]'
	@$(PY) tests/fuzz/run.py $(RUNS)

lint: style types

style: $(STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: $(STAMP)
	@$(PY) -m mypy

size: $(STAMP)
	@$(PY) benchmarks/size.py

golden: $(STAMP)
	@test -n "$(TRACE)" || { echo 'Which one? make golden TRACE=name'; exit 1; }
	@$(PY) traces/recipes/golden.py $(TRACE)

notebooks: $(STAMP)
	@$(PY) notebooks/build.py

student: $(STAMP)
	@$(PY) notebooks/student.py $(STUDENT)

case: $(STAMP)
	@$(PY) -m investigations $(NAME) $(SEED)

page: $(STAMP)
	@$(PY) benchmarks/page.py $(PAGE)

docs: $(STAMP)
	@$(PIP) --editable '.[docs]'
	@$(PY) -m sphinx --quiet --fail-on-warning --keep-going -c docs . $(SITE)
	@echo 'Open $(SITE)/index.html'

lock: $(STAMP)
	@$(PIP) --editable '.[release]'
	@$(VENV)/bin/uv pip compile --quiet pyproject.toml --extra lab --extra corpus --extra reader \
	  --constraint constraints.txt --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

dist: $(STAMP)
	@$(PIP) --editable '.[release]'
	@$(PY) -m build

traces: $(STAMP)
	@$(PY) traces/recipes/build.py

applications: $(STAMP)
	@$(PY) benchmarks/applications.py

privacy: $(STAMP)
	@$(PY) benchmarks/privacy.py

rules: $(STAMP)
	@$(PY) benchmarks/rules.py

picture: $(STAMP)
	@$(PY) benchmarks/picture.py

bench: $(STAMP)
	@$(PIP) --editable '.[bench]'
	@$(PIP) --no-deps emv==1.0.14
	@for file in benchmarks/bench_*.py; do $(PY) $$file || exit 1; done

clean:
	@rm -rf $(VENV) .pyodide build dist *.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
