# make demo      set up, then extract, train, look up and export the built-in sample
# make test      set up, then run the default tests
# make test-all  run only the slow tests: processes, packages, long training
# make lint      check style and spelling
# make types     check types
# make docs      write docs/commands.md, the JSON Schemas, and the examples of README.md, the tutorials and the guides from real output
# make man       write the man pages, docs/man/, from the help of the commands
# make site      build the documentation site in site/; a dead link fails the build
# make site-versions  add the site of this version to site-versions/, next to those of other versions
# make lock      write constraints.txt: the newest versions that pyproject.toml allows
# make licences  write docs/licences.md
# make audit     check the packages in constraints.txt for known vulnerabilities (needs a network)
# make release   check the checkout, and build wheel, sdist and SBOM into dist/ (publishes nothing)
# make bench     measure training (also gensim, fastText and implicit), whole commands, look-ups and extraction; this takes hours

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SGP := $(BIN)/sgp
LOCK ?= constraints.txt
WITH_TESTS = $(addprefix --constraint ,$(LOCK)) --editable '.[test]'
TOOLS := $(VENV)-tools
VERSIONS ?= site-versions
# Each test process uses one core: threads of OpenBLAS that wait for a busy core would spin and take time from the other tests.
# Python keeps compiled modules, because most of the processes that tests start would spend more time on compiling than on their work.
PYTEST := OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
PARALLEL := --numprocesses auto --maxprocesses 8 --dist worksteal
.DEFAULT_GOAL := demo
.PHONY: demo test test-all lint types docs man site site-versions lock licences audit release bench setup setup-test

setup: $(VENV)/.installed
setup-test: $(VENV)/.installed-test

$(BIN)/python:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else "skipgramophone needs Python 3.11, 3.12 or 3.13 (those that TensorFlow supports), and $(PYTHON) is %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv: install it (Debian and Ubuntu: apt-get install python3-venv)"; exit 1; }
	@command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || { echo "there is no C++ compiler, and Annoy is built from source: install one (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install)"; exit 1; }
	@$(PYTHON) -c 'import pathlib, sys, sysconfig; p = pathlib.Path(sysconfig.get_paths()["include"], "Python.h"); sys.exit(0 if p.exists() else "%s is missing, and Annoy is built from source: install the headers of Python (Debian and Ubuntu: apt-get install python3-dev; Fedora: dnf install python3-devel)" % p)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "installing into $(VENV): the first time, pip downloads TensorFlow (about 600 MB), which takes some minutes without output"
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# uv uses all cores and takes half as long as pip. If uv fails, for example because it does not read pip's settings, pip installs the packages.
$(VENV)/.installed-test: pyproject.toml $(LOCK) | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check $(addprefix --constraint ,$(LOCK)) uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode $(WITH_TESTS) || $(BIN)/pip install --quiet --disable-pip-version-check $(WITH_TESTS)
	@touch $@ $(VENV)/.installed

demo: setup
	$(SGP) extract demo --sample --force
	$(SGP) train demo --force
	$(SGP) similar demo "every pencil knows"
	$(SGP) export demo experiments/demo.npz --force
	@printf '\nThe experiment "demo" is ready. Type these two commands next:\n\n  source $(BIN)/activate\n  sgp similar demo "every library knows"\n'

test: setup-test
	$(PYTEST) $(PARALLEL)

test-all: setup-test
	$(PYTEST) $(PARALLEL) -m 'slow and not by_hand'

lint: setup-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: setup-test
	$(BIN)/mypy

lock:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet --disable-pip-version-check '.[test]'
	echo "# What the tests are run with. Written by make lock." > constraints.txt
	$(VENV)-lock/bin/pip freeze --exclude skipgramophone >> constraints.txt
	rm -rf $(VENV)-lock

$(TOOLS)/.installed: Makefile | $(BIN)/python
	$(BIN)/python -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check 'pip-licenses>=5,<6' 'pip-audit>=2.7,<3' 'build>=1.2,<2' 'twine>=6,<8' 'cyclonedx-bom>=7,<8'
	@touch $@

licences: setup-test $(TOOLS)/.installed
	$(BIN)/python -m tests.test_supply_chain $(TOOLS)/bin/pip-licenses

audit: $(TOOLS)/.installed
	$(TOOLS)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

release: $(TOOLS)/.installed
	.ci/release $(TOOLS)

bench: setup-test
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m benchmarks.trainers
	$(BIN)/python -m benchmarks.trainers --window bag --repeats 1
	$(BIN)/python -m benchmarks.time_to_quality generated
	$(BIN)/python -m benchmarks.commands
	$(BIN)/python -m benchmarks.commands --tracks 1000000 --tokens 25000000
	$(BIN)/python -m benchmarks.lookups
	$(BIN)/python -m benchmarks.extraction
	$(BIN)/python -m benchmarks.histories

docs: setup-test
	$(BIN)/python -m tests.test_docs
	$(BIN)/python -m tests.test_man_pages
	$(BIN)/python -m tests.test_tutorials
	$(BIN)/python -m tests.report_schemas
	$(BIN)/python -m tests.test_report_fields
	$(BIN)/python -m tests.test_completion_files

man: setup-test
	$(BIN)/python -m tests.test_man_pages

# Only the packages of the extra are installed: the pages are made from the source, which needs neither TensorFlow nor a compiler.
$(VENV)-site/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)-site
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' > $(VENV)-site/requirements.txt
	$(VENV)-site/bin/pip install --quiet --disable-pip-version-check --requirement $(VENV)-site/requirements.txt
	@touch $@

site: $(VENV)-site/.installed
	NO_MKDOCS_2_WARNING=1 $(VENV)-site/bin/mkdocs build --quiet --strict
	@echo "open site/index.html"

site-versions: $(VENV)-site/.installed
	.ci/site-versions $(VENV)-site $(VERSIONS)
