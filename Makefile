# Two commands on a fresh machine: `make demo` and `make test`.
# What tests use beside Python (a browser, dbus, PostgreSQL) is named and asked for before it is
# installed; `make test YES=1` says yes. Without it those tests are skipped and say so.
# The tests' bumble comes without the packages it names: see pyproject.toml.
# Everything else lands in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
YES :=

.PHONY: demo test ci lint types kernels unit visit layout example wheel coverage bench faults soak docs \
	pictures clean

demo: $(VENV)/installed
	$(BIN)/imuhip demo $(ARGS)

test: lint types unit

# All of `test` and `visit`, as CI runs it: kernels are compiled ahead while types are checked, and
# other tests go on while the visit waits for its browser.
ci: $(VENV)/tested
	$(MAKE) --jobs 2 --output-sync=target lint types kernels
	$(MAKE) unit ARGS='-m "not wheel" $(ARGS)'

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(VENV)/tested
	$(BIN)/mypy

# Compiled ahead, kernels cost no test a compilation, and no process the start of numba.
kernels: $(VENV)/tested
	-$(BIN)/python compile_kernels.py

# A file stays in one process: its browser, its dashboard and its sessions are made once. Files go in
# the order of their folders, so that none of the slow ones, of few tests, is left for the end. One
# process more than processors: many tests wait for a browser or for another process.
WORKERS := $(shell expr `getconf _NPROCESSORS_ONLN` + 1)
unit: $(VENV)/tested
	$(BIN)/python tests/system_packages.py $(if $(YES),--yes)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# A coach's whole visit in a browser, some minutes long; IMUHIP_PICTURES=FOLDER keeps its pictures.
visit: $(VENV)/tested
	$(BIN)/python tests/system_packages.py $(if $(YES),--yes)
	$(BIN)/python -m pytest -m visit $(ARGS)

# Wheel and sdist as they are released, installed alone in a clean environment and used end to end.
wheel: $(VENV)/tested
	$(BIN)/python -m pytest -m wheel tests/test_wheel.py $(ARGS)

# Every page in four sizes, light and dark, and what is cut or overlaps in them.
layout: $(VENV)/tested
	$(BIN)/python tests/system_packages.py
	$(BIN)/python tests/layout_of_pages.py $(ARGS)

# The athletes that ship, made anew: after a change of what result files or the catalogue hold.
example: $(VENV)/tested
	$(BIN)/python tests/make_example.py

# What goes wrong, how often it was tried, and what was seen; an hour or two. ARGS="--share 0.1 kills"
faults: $(VENV)/tested
	@cd tests && PYTHONPATH=.. ../$(BIN)/python -m faults.fault_table $(ARGS)

# The whole collector on a simulated clock, SEEDS stories of what goes wrong, from seed FIRST on.
SEEDS ?= 1000
FIRST ?= 0
soak: $(VENV)/tested
	@cd tests && PYTHONPATH=.. ../$(BIN)/python -m faults.soak $(SEEDS) $(FIRST)

# How many branches of what takes in other people's bytes the tests run, by package.
COVERED := tests/live tests/ble tests/recording tests/devices tests/faults/test_situations.py
coverage: $(VENV)/tested
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -q $(or $(ARGS),$(COVERED))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage json --quiet -o .coverage.json
	@$(BIN)/python tests/coverage_table.py .coverage.json

bench: $(VENV)/tested
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# The documentation as a site that opens without a network: site/index.html.
docs: $(VENV)/tested
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open site/index.html"

# The coaches' pictures, anew from the running program; look at them before you commit them.
pictures: $(VENV)/tested
	$(BIN)/python tests/docs/pictures.py

clean:
	rm -rf $(VENV) build dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[demo]'
	-$(BIN)/python compile_kernels.py
	touch $@

$(VENV)/tested: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps bumble
	touch $@ $(VENV)/installed
