# One command sets everything up and runs; a second run finds it all there.
#
#   make demo       the whole way on the sample video, with a crash in the middle
#   make test       all tests (needs chromium and fuse3: installed with apt when root on Debian
#                   or Ubuntu)
#   make coverage   the same, and how much of the package they run
#   make faults     the faults of machines and of Google Drive, with more than a thousand deaths
#   make fuzz       5 000 damaged videos, pictures and zips, each given to what reads such files
#   make longtest   the web page for ten minutes: its memory stays flat
#   make check      formatting, lint, types, workflows (`make lint`) and the quick tests (`make quick`)
#   make notebook   the notebook in JupyterLab
#   make docs       the documentation as a site, in site/
#   make setup      all that a change needs; git then checks each commit
#   make package    wheel and sdist in dist/, checked and tried
#   make release-check, make release
#                   is everything ready for the version in colab_pix2pix/__init__.py; and the tag

PYTHON ?= python3
BIN := .venv/bin
STANDIN := .venv-colab/bin
DOCS := .venv-docs/bin
WORKERS ?= 2
export TF_CPP_MIN_LOG_LEVEL ?= 3
# Workers lie side by side: each computes on one core.
ONE_CORE := TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1

demo: .venv/demo.done
	$(BIN)/colab-pix2pix demo --root demo

test: .venv/test.done .venv-colab/test.done chromium fuse
	$(ONE_CORE) COLAB_STANDIN_PYTHON=$(abspath $(STANDIN)/python) $(BIN)/python -m pytest -n $(WORKERS) \
	  --dist loadfile --no-loadscope-reorder --durations=25 $(COVERAGE)

# Twice the processor time of the tests themselves.
coverage: COVERAGE := --cov --cov-report=term:skip-covered
coverage: test

faults: .venv/test.done fuse
	FAULT_RUNS=700 $(BIN)/python -m pytest tests/storage/test_faults.py \
	  tests/storage/test_phase_faults.py tests/storage/test_drive_faults.py tests/storage/test_drive.py \
	  tests/storage/test_faults_real.py --durations=5

fuzz: .venv/test.done
	FUZZ_RUNS=5000 $(BIN)/python -m pytest tests/test_damaged_files.py

longtest: .venv/test.done chromium
	PAGE_SECONDS=600 $(BIN)/python -m pytest tests/web/test_memory.py

check: lint
	$(MAKE) quick

# The hooks of .pre-commit-config.yaml look at the files that git knows.
lint: .venv/test.done
	$(BIN)/pre-commit run --all-files --show-diff-on-failure

quick: .venv/test.done fuse
	$(ONE_CORE) $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not slow"

setup: .venv/test.done
	$(BIN)/pre-commit install

package: .venv/test.done
	$(BIN)/python scripts/release.py package

release-check: .venv/test.done
	$(BIN)/python scripts/release.py check

release: .venv/test.done
	$(BIN)/python scripts/release.py release

notebook: .venv/test.done
	$(BIN)/jupyter lab notebooks/colab_pix2pix.ipynb

docs: .venv-docs/docs.done
	NO_MKDOCS_2_WARNING=1 $(DOCS)/mkdocs build --strict --quiet

# The package with what it needs; pip repeats a download that broke off.
.venv/demo.done: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=python3.12 ...)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "Python's venv module is missing: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --retries 10 -c tests/environments/lab.txt -e .
	touch $@

.venv/test.done: .venv/demo.done tests/environments/lab.txt
	$(BIN)/pip install --quiet --retries 10 -c tests/environments/lab.txt -e .[test,check]
	touch $@

# A second environment with the versions that Colab has (notebook 6.5.7 is its nearest front-end).
.venv-colab/test.done: setup.cfg tests/environments/colab.txt
	$(PYTHON) -m venv .venv-colab
	$(STANDIN)/pip install --quiet --retries 10 -c tests/environments/colab.txt \
	  notebook nbclient ipykernel pytest -e .
	touch $@

# What makes the site reads the package and its docstrings, and needs nothing that the package needs.
.venv-docs/docs.done: tests/environments/docs.txt
	$(PYTHON) -m venv .venv-docs
	$(DOCS)/pip install --quiet --retries 10 -r tests/environments/docs.txt
	touch $@

chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	  command -v google-chrome >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq chromium; \
	  else \
	    echo "The browser tests need Chromium: sudo apt install chromium (macOS: brew install chromium)"; \
	    exit 1; \
	  fi

# For the double of Google Drive's mount; without it those tests are skipped, and say so.
fuse:
	@[ "$$(uname)" != Linux ] || command -v fusermount3 >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -y -qq fuse3; \
	  else \
	    echo "Tests on a mounted Drive will be skipped: they need fuse3 (sudo apt install fuse3)"; \
	  fi

clean:
	rm -rf .venv .venv-colab .venv-docs site

.PHONY: demo test coverage faults fuzz longtest check lint quick notebook docs setup package release-check \
  release chromium fuse clean
