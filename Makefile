# One-line recipes; each sets up what it needs. `make demo` and `make test` work on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
JS := nbflow/widget/js
SETUP := .venv/.setup
SETUP_BENCH := .venv/.setup-bench
SETUP_IK6 := .venvs/ik6/.setup
IK7 := 7.3.0 7.4.0
MAKEFLAGS += --no-print-directory

.PHONY: demo test bench kernels fault lab js lint js-test browser clean

demo: $(SETUP)  ## run the first notebook headless: table, executed notebook and DAG picture under out/
	$(BIN)/nbflow run notebooks/01-first-flow.ipynb --out out/01-first-flow.ipynb

test: $(SETUP) $(SETUP_IK6) browser lint js-test  ## everything CI runs; pytest's summary is the last line
	NBFLOW_KERNEL_PYTHONS=.venv/bin/python:.venvs/ik6/bin/python $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: $(SETUP_BENCH) browser  ## overhead beside peers, passing values, responsiveness, replay of real traces, the live view; tables and benchmarks/results/*.json
	$(BIN)/python -m benchmarks

empty :=
kernels: $(SETUP) $(SETUP_IK6) $(IK7:%=.venvs/ik%/.setup) browser  ## before a release: what depends on the kernel, on ipykernel 6.29, 7.3, 7.4 and the newest
	NBFLOW_KERNEL_PYTHONS=.venvs/ik6/bin/python$(subst $(empty) $(empty),,$(IK7:%=:.venvs/ik%/bin/python)) $(BIN)/python -m pytest -m "each_ipykernel or browser" tests/notebook tests/browser/test_view.py tests/browser/test_view_real.py

fault: $(SETUP)  ## the full doses of the fault tests and of the simulation
	NBFLOW_KILLS=1000 NBFLOW_ESCAPES=20 NBFLOW_STARTS=200 NBFLOW_INTERRUPTS=300 NBFLOW_CRASHES=20 NBFLOW_SCHEDULES=1000000 $(BIN)/python -m pytest tests/fault tests/simulation --timeout 14400

lab: $(SETUP)  ## JupyterLab on the example notebooks
	$(BIN)/jupyter lab --notebook-dir notebooks

lint: $(SETUP)
	$(BIN)/ruff check . && $(BIN)/mypy

js:  ## build the widget's bundle from its source (needs node)
	npm --prefix $(JS) ci --no-audit --no-fund && npm --prefix $(JS) run build

js-test:
	if command -v npm >/dev/null; then npm --prefix $(JS) ci --no-audit --no-fund && npm --prefix $(JS) test; else echo "no npm here: the widget's own tests are left out"; fi

browser:
	.ci/browser

clean:
	rm -rf .venv .venvs out $(JS)/node_modules

$(SETUP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("nbflow needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -e '.[demo,test]' && touch $@

$(SETUP_BENCH): $(SETUP)
	$(BIN)/python -m pip install -q -e '.[bench]' && touch $@

$(SETUP_IK6): pyproject.toml
	test -x .venvs/ik6/bin/python || $(PYTHON) -m venv .venvs/ik6
	.venvs/ik6/bin/python -m pip install -q -e . 'ipykernel==6.29.5' 'ipython<9' && touch $@

.venvs/ik%/.setup: pyproject.toml
	test -x .venvs/ik$*/bin/python || $(PYTHON) -m venv .venvs/ik$*
	.venvs/ik$*/bin/python -m pip install -q -e . 'ipykernel==$*' && touch $@
