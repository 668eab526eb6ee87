# Works with nothing but Python >= 3.11 (with venv) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARCH ?= x86_64
# `make package PYTHON=3.13`: the version that the package is for, not the command that makes the environment.
LAMBDA_PYTHON := 3.13
ifneq ($(filter 3.%,$(PYTHON)),)
LAMBDA_PYTHON := $(PYTHON)
override PYTHON := python3
endif
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: demo test check lint type contracts docs docs-check snapshots bench chromium lock clean setup package sbom

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3 -m venv is missing; on Debian or Ubuntu type: apt-get install -y python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	$(BIN)/sagemaker-auditor demo --output out/demo

# Browser tests need Chromium; where there is none they are left out, and it is said.
test: setup
ifeq ($(strip $(CHROMIUM)),)
	@echo "Browser tests are left out: no Chromium. Install it with: make chromium"
	$(BIN)/pytest -q -n auto -m "not browser"
else
	CHROMIUM=$(CHROMIUM) $(BIN)/pytest -q -n auto
endif

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: setup
	$(BIN)/mypy auditor rules reports lambda_handlers tests benchmarks docs deploy

contracts: setup
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python -P docs/generate.py
	$(BIN)/python -P deploy/generate.py

docs-check: setup
	$(BIN)/python -P docs/generate.py --check
	$(BIN)/python -P deploy/generate.py --check

# The demo's findings in a form that can be read in a diff: look at it before committing it.
snapshots: demo
	$(BIN)/python -P tests/snapshots/reduce.py out/demo/findings.json > tests/snapshots/demo.txt

check: lint type contracts docs-check test

bench: setup
	$(BIN)/python -m benchmarks

# The functions' zip and its SBOM, in dist/: make package PYTHON=3.13 ARCH=x86_64|arm64
package: setup
	$(BIN)/python -P deploy/package.py --python $(LAMBDA_PYTHON) --arch $(ARCH)

sbom: package

chromium:
	apt-get update && apt-get install -y --no-install-recommends chromium

# Written without an index address, for every platform, with hashes. The second is what the container needs, in the
# versions of the first.
lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --constraints requirements.lock --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements-runtime.lock

clean:
	rm -rf $(VENV) out dist build *.egg-info
