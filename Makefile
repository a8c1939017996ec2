# Needs only /bin/sh, GNU make 3.81 and Python. Every path is relative or quoted, so that the checkout may lie
# in a folder whose name has spaces and accents.

PYTHON ?= python3

# Modules, not the scripts in .venv/bin: those begin with an absolute path, which may be too long for the system.
python := .venv/bin/python
notebooks := $(python) -m pytest -p tests.nbval_numbers --nbval-current-env --nbval-cell-timeout=300
no_screen := [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ] && [ "$$(uname -s)" != Darwin ]

.PHONY: help lab play site handouts assignment grade test faults weights bench clean
.NOTPARALLEL:

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

lab: .venv/for-lab  ## open the notebooks in JupyterLab (pass it options with LAB_FLAGS="...")
	@set -- $(LAB_FLAGS); \
	if [ "$$(id -u)" = 0 ]; then set -- "$$@" --allow-root; fi; \
	if $(no_screen); then set -- "$$@" --no-browser; fi; \
	exec $(python) -m jupyterlab "$$@" --ip=127.0.0.1 --ServerApp.root_dir="$$PWD" \
		--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

play: .venv/for-lab  ## write the classroom page, all widgets without code or kernel, and open it (PLAY_FLAGS="...")
	@set -- $(PLAY_FLAGS); \
	if $(no_screen); then set -- "$$@" --no-browser; fi; \
	exec $(python) -m play.pictures_to_touch "$$@"

site: .venv/for-site  ## build the series as web pages, with live pictures, into build/site
	$(python) -m pages.build

handouts: .venv/for-lab  ## write notebooks without outputs, and each picture to touch as a file, for a class
	$(python) -m pages.handouts

assignment: .venv/for-teach  ## write the exercises as nbgrader assignments, to hand out
	$(python) -m teach.assignment

grade: .venv/for-teach  ## grade a folder of what students handed in: make grade FROM=folder (GRADE_FLAGS="...")
	$(python) -m teach.grade $(if $(FROM),"$(FROM)") $(GRADE_FLAGS)

test: .venv/for-test  ## check the style, and run the unit tests and every notebook, online and offline
	@echo "== Style"
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	@echo "== Unit tests"
	$(python) -m pytest tests --numprocesses 2 --dist loadfile
	@echo "== Notebooks: same outputs as stored"
	$(notebooks) --nbval notebooks
	@echo "== Notebooks: offline on the embedded digits, with their widgets in a browser if there is one"
	@unset VAE_TUTORIAL_DATA; \
	empty=$$(mktemp -d) && trap 'rm -rf "$$empty"' EXIT && trap 'exit 130' INT TERM && \
	nowhere=http://127.0.0.1:9 && \
	export XDG_CACHE_HOME="$$empty" no_proxy=127.0.0.1,localhost \
		http_proxy=$$nowhere https_proxy=$$nowhere all_proxy=$$nowhere && \
	if $(python) -m tests.browser; then $(python) -m pytest tests/notebooks_in_browser.py; \
	else $(notebooks) --nbval-lax notebooks; fi

faults: .venv/for-test  ## inject every fault of which make test tries a few: kills, stops, odd inputs and places
	FAULTS=full $(python) -m pytest -s tests/faults

weights: .venv/for-test  ## train the models that ship again, and say whether their weights come out the same
	$(python) -m benchmarks.weights

bench: .venv/for-test  ## measure speed, memory, widgets, the tests' own sensitivity and the effect of the seed (an hour)
	$(python) -m benchmarks.peers
	$(python) -m benchmarks.scaling
	$(python) -m benchmarks.notebooks --write
	$(python) -m benchmarks.widgets
	$(python) -m benchmarks.folder
	$(python) -m benchmarks.scale
	$(python) -m pages.build && $(python) -m benchmarks.pages
	$(python) -m benchmarks.altered_outputs --fresh
	$(python) -m benchmarks.seeds
	$(python) -m benchmarks.likelihood
	$(python) -m benchmarks.pca

clean:  ## remove the environment and the caches from this folder
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis build vae_tutorial.egg-info
	find vae_tutorial tests benchmarks notebooks -name __pycache__ -prune -exec rm -rf {} +

# Installs the locked versions, each checked against its hash. `make LOCK= test` takes the newest that
# pyproject.toml allows instead, and looks for them each time.
LOCK := yes
pip := $(python) -m pip install
.PHONY: newest

.venv/for-lab: $(if $(LOCK),requirements-lab.lock,newest)
.venv/for-site: $(if $(LOCK),requirements-site.lock,newest)
.venv/for-teach: $(if $(LOCK),requirements-teach.lock,newest)
.venv/for-test: $(if $(LOCK),requirements.lock,newest)

.venv/for-lab .venv/for-site .venv/for-teach .venv/for-test: pyproject.toml
	@if [ "$$(uname -s) $$(uname -m)" = "Darwin x86_64" ]; then \
		echo "TensorFlow 2.21 does not run on Macs with an Intel processor: open the notebooks on Binder." >&2; exit 1; fi
# pip writes RECORD last. It takes a package without one for complete, so remove what an interruption left.
	@for info in .venv/lib/python*/site-packages/*.dist-info; do \
		[ -s "$$info/RECORD" ] || rm -rf "$$info"; done
	@$(python) -c 'from importlib.metadata import version; version("pip")' 2>/dev/null || { \
		fail() { echo "$$1, or try: make PYTHON=python3.12 $(or $(MAKECMDGOALS),lab)" >&2; exit 1; }; \
		command -v "$(PYTHON)" >/dev/null || fail "There is no $(PYTHON): install Python 3.10 to 3.13"; \
		"$(PYTHON)" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
			fail "$(PYTHON) is $$("$(PYTHON)" --version 2>&1 | head -n 1): install Python 3.10 to 3.13"; \
		"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
			fail "$(PYTHON) lacks its venv module: on Debian and Ubuntu, apt install python3-venv"; \
		"$(PYTHON)" -m venv --clear .venv; }
	@rm -f .venv/for-*
ifdef LOCK
# Wheels only, and this project built with the locked setuptools: otherwise pip fetches build tools unchecked.
	$(pip) --require-hashes --only-binary :all: --requirement "$(filter %.lock,$^)"
	$(pip) --no-deps --no-build-isolation --editable .
# Only now, so that an interrupted installation resumes. What is installed for the tests serves for all.
	@touch $(if $(filter %-test,$@),.venv/for-lab .venv/for-site .venv/for-teach) $@
else
	$(pip) --upgrade --upgrade-strategy eager --editable ".[$(@:.venv/for-%=%)]"
endif
