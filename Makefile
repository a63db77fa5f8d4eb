# Everything a person or CI runs. Set-up happens by itself: each target makes what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
LOCKED := $(VENV)/.locked
OCTOKIT := tests/rigs/door/node_modules/.package-lock.json
SOURCES := contracts/trellis_contracts services cli dashboard deploy tests

##@ Start

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  \033[36m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: dashboard ## Everything up, a real application deployed, promoted, rolled back (EXIT=1 ends by itself)
	@$(BIN)/trellis demo $(if $(EXIT),--exit)

.PHONY: up
up: dashboard ## All of Trellis on this machine
	@$(BIN)/trellis up

##@ Work

.PHONY: setup
setup: $(LOCKED) ## Install what is needed (done by the other targets too)

$(LOCKED): requirements.lock pyproject.toml contracts/pyproject.toml | tools
	@echo "Installing Trellis's Python packages (once) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Trellis needs Python 3.11 or newer: set PYTHON=… to one."; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps -e ./contracts -e .
	@touch $@

.PHONY: dashboard
dashboard: setup ## Build the dashboard's pages (when they changed; done by demo, up and test)
	@$(BIN)/python -m dashboard.building

.PHONY: tools
tools:
	@PYTHON="$(PYTHON)" deploy/debian.sh $(if $(wildcard $(BIN)/python),,python3-venv) git node npm
	@deploy/debian.sh --optional bwrap

.PHONY: lock
lock: ## Resolve requirements.lock anew
	@$(BIN)/uv pip compile -q --universal --generate-hashes --all-extras \
	  --no-emit-package trellis-contracts --no-header --python-version 3.11 \
	  pyproject.toml -o requirements.lock

.PHONY: pagelock
pagelock: setup ## Resolve the packages of the dashboard's pages anew
	@$(BIN)/python -m dashboard.building --lock

.PHONY: format
format: setup ## Format, and mend what can be mended
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

.PHONY: check
check: setup ## Format, lint, types, the house's rules
	@$(BIN)/ruff format --check -q . || { echo "run make format"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/pytest -q tests/unit/test_house.py
	@$(BIN)/python -m tests.house

.PHONY: quick
quick: check ## check, and the unit and contract tests (at most five minutes)
	@$(BIN)/pytest -q -n 2 -m "not slow" tests/unit tests/contract

.PHONY: test
test: dashboard ## Everything
	@deploy/debian.sh --optional chromium
	@tests/all.sh

.PHONY: bench
bench: dashboard ## Speed and memory, as ratios of one run; writes build/bench.json (ONLY="decisions idle")
	@deploy/debian.sh --optional chromium
	@$(BIN)/python -m tests.bench $(ONLY)

##@ Rigs

.PHONY: kills
kills: setup ## kill -9 at the boundaries of every step (POINTS=all, or how many; SEED=)
	@$(BIN)/python -m tests.rigs.kills $(if $(POINTS),--points $(POINTS)) $(if $(SEED),--seed $(SEED))

.PHONY: fresh
fresh: ## README's commands on a plain Debian (WHO=root, user, confined or both; COMMANDS=; needs root)
	@WHO="$(WHO)" COMMANDS="$(COMMANDS)" tests/rigs/fresh/fresh.sh

.PHONY: powercuts
powercuts: setup ## Cut the power of event store and bus under load (CUTS=, SEED=; needs root)
	@[ "$$(id -u)" != 0 ] || deploy/debian.sh mkfs.ext4
	@$(BIN)/python -m tests.rigs.powercuts $(if $(CUTS),--cuts $(CUTS)) $(if $(SEED),--seed $(SEED))

.PHONY: outages
outages: setup ## Parts that are dead, paused or out of disk (ONLY=; needs root)
	@$(BIN)/python -m tests.rigs.outages $(if $(ONLY),--only $(ONLY))

.PHONY: corpus
corpus: setup ## Public applications by Trellis and by their own CLI, compared (DIR=, ONLY=sst,cdk)
	@$(BIN)/python -m tests.rigs.corpus "$(DIR)" $(if $(ONLY),--only $(ONLY))

.PHONY: rules
rules: setup ## Whatever may happen, in any order, against the pipeline's rules (EXAMPLES=2000)
	@RULES_EXAMPLES=$(or $(EXAMPLES),2000) $(BIN)/pytest -q -n 2 --timeout=0 -p no:cacheprovider tests/unit/orchestrator/test_rules.py tests/unit/orchestrator/test_pull_request_rules.py

.PHONY: night
night: setup ## What takes hours: 50,000 examples of the rules, a kill at every point, and more of each rig
	@tests/night.sh

.PHONY: payloads
payloads: setup $(OCTOKIT) ## All of Octokit's examples of deliveries, and what they lack, through the door
	@$(BIN)/python -m tests.rigs.door payloads

.PHONY: hostile
hostile: setup $(OCTOKIT) ## Hostile inputs at the door, made from a seed (COUNT=, SEED=)
	@$(BIN)/python -m tests.rigs.door hostile $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

.PHONY: api
api: setup ## The HTTP API under everything that its description allows, and forbids (CASES=, SEED=)
	@$(BIN)/python -m tests.rigs.door api $(if $(CASES),--examples $(CASES)) $(if $(SEED),--seed $(SEED))

$(OCTOKIT): tests/rigs/door/package-lock.json
	@echo "Installing what GitHub once sent (once) …"
	@cd tests/rigs/door && npm ci --silent --no-audit --no-fund
	@touch $@
