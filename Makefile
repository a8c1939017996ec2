# Only /bin/sh, GNU make 3.81 and a Python are taken for granted; every path stays relative or quoted, so that
# the checkout may lie in a folder with spaces and accents.

PYTHON ?= python3

# Modules instead of the scripts in .venv/bin: those begin with an absolute path, which a shell may cut short.
python := .venv/bin/python
notebooks := $(python) -m pytest -p tests.nbval_numbers --nbval-current-env --nbval-cell-timeout=300

.PHONY: help lab play test faults weights bench clean
.NOTPARALLEL:

help:  ## print this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

lab: .venv/for-lab  ## open the notebooks in JupyterLab (its own options go in LAB_FLAGS="...")
	@set -- $(LAB_FLAGS); \
	if [ "$$(id -u)" = 0 ]; then set -- "$$@" --allow-root; fi; \
	if [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] && [ "$$(uname)" != Darwin ]; then set -- "$$@" --no-browser; fi; \
	exec $(python) -m jupyterlab "$$@" --ip=127.0.0.1 --ServerApp.root_dir="$$PWD" \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

play: .venv/for-lab  ## show the widgets as one page without code, for a classroom (options go in PLAY_FLAGS="...")
	@set -- $(PLAY_FLAGS); \
	if [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] && [ "$$(uname)" != Darwin ]; then set -- "$$@" --no-browser; fi; \
	exec $(python) -m voila play/pictures_to_touch.ipynb "$$@" --token --Voila.ip=127.0.0.1

test: .venv/for-test  ## check the style, run the unit tests and every notebook, with and without the network
	@echo "== Style: ruff"
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	@echo "== Unit tests"
	$(python) -m pytest tests --numprocesses 2 --dist loadfile
	@echo "== Notebooks: the outputs are the stored ones"
	$(notebooks) --nbval notebooks
	@echo "== Notebooks: they also run on the embedded digits, without a network, and their widgets answer"
	@unset VAE_TUTORIAL_DATA; \
	empty=$$(mktemp -d) && trap 'rm -rf "$$empty"' EXIT && trap 'exit 130' INT TERM && \
	nowhere=http://127.0.0.1:9 here=127.0.0.1,localhost && \
	XDG_CACHE_HOME="$$empty" NO_PROXY=$$here no_proxy=$$here \
	HTTP_PROXY=$$nowhere HTTPS_PROXY=$$nowhere FTP_PROXY=$$nowhere ALL_PROXY=$$nowhere \
	http_proxy=$$nowhere https_proxy=$$nowhere ftp_proxy=$$nowhere all_proxy=$$nowhere && \
	export XDG_CACHE_HOME NO_PROXY no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY \
	http_proxy https_proxy ftp_proxy all_proxy && \
	if $(python) -m tests.browser; then $(python) -m pytest tests/notebooks_in_browser.py; \
	else $(notebooks) --nbval-lax notebooks; fi

faults: .venv/for-test  ## put in all the faults that make test puts in a few times: kills, stops, odd places (40 minutes)
	FAULTS=full $(python) -m pytest -s tests/faults

weights: .venv/for-test  ## train the stored models again, and say whether the weights come out the same
	$(python) -m vae_tutorial.pretrained

bench: .venv/for-test  ## measure training against four tutorials, growth, notebooks, widgets, what the seed changes (an hour)
	$(python) -m benchmarks.peers
	$(python) -m benchmarks.scaling
	$(python) -m benchmarks.notebooks --write-readme
	$(python) -m benchmarks.widgets
	$(python) -m benchmarks.altered_outputs --fresh
	$(python) -m benchmarks.seeds
	$(python) -m benchmarks.recipe

clean:  ## remove the environment and the caches in this folder
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build vae_tutorial.egg-info
	find vae_tutorial tests benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +

# What is installed: each package in the one version that the lock names, checked against its hash.
# `make LOCK= test` takes the newest that pyproject.toml admits instead, each time anew.
LOCK := requirements.lock
pip := $(python) -m pip install
.PHONY: newest

.venv/for-lab .venv/for-test: pyproject.toml $(or $(LOCK),newest)
# pip writes RECORD last, and takes a package that was interrupted before that for whole: make it fetch those again.
	@for info in .venv/lib/python*/site-packages/*.dist-info; do \
		[ -s "$$info/RECORD" ] || rm -rf "$$info"; done
	@$(python) -c 'from importlib.metadata import version; version("pip")' 2>/dev/null || { \
		out="try: make PYTHON=python3.12 $(or $(MAKECMDGOALS),lab)"; \
		if ! command -v "$(PYTHON)" >/dev/null 2>&1; then \
			echo "There is no $(PYTHON) here. Install Python 3.10 to 3.13; if it has another name, $$out" >&2; exit 1; fi; \
		if ! "$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
			echo "$(PYTHON) is not a Python 3.10 to 3.13 ($$("$(PYTHON)" --version 2>&1 | head -n 1)); $$out" >&2; exit 1; fi; \
		if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "$(PYTHON) lacks its venv module; on Debian and Ubuntu: apt install python3-venv; or $$out" >&2; exit 1; fi; \
		"$(PYTHON)" -m venv --clear .venv; }
	@rm -f .venv/for-lab .venv/for-test
ifdef LOCK
# Wheels only, and the project with the setuptools of the lock: to build one, pip fetches tools whose hashes none checks.
	$(pip) --require-hashes --only-binary :all: --requirement "$(LOCK)"
	$(pip) --no-deps --no-build-isolation --editable .
# Only now, so that an interrupted install is taken up again. One lock, so that one environment serves lab and test.
	@touch .venv/for-lab .venv/for-test
else
	$(pip) --upgrade --upgrade-strategy eager --editable ".[test]"
endif
