# `make` without a target lists the commands.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
IMAGE ?= colonnade:dev
BIN := .venv/bin

##@ Set up and run
.PHONY: help install run
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/dev-installed ## Create .venv with everything needed to run and test

# Loopback: the demo's superuser is root, with the password root.
run: export BIND ?= 127.0.0.1:8000
run: .venv/run-installed static/staticfiles.json ## Migrate SQLite, load the demo into an empty database, start the server on port 8000 (BIND)
	@mkdir -p var
	@$(BIN)/python manage.py migrate --verbosity 0
	@# Without your own token, the demo's feeds come from a fake X server; every post says that it is not real.
	@test -n "$$TWITTER_BEARER_TOKEN$$TWITTER_BEARER_TOKEN_FILE" || fake_x="$(BIN)/python -m tests.x_api --"; \
	  $$fake_x $(BIN)/python manage.py demo --if-empty --poll --port "$${BIND##*:}"
	@exec $(BIN)/gunicorn -c docker/gunicorn.conf.py app.wsgi:application

# Own apps and themes are collected again when they change, and when others are named.
COMMA := ,
APP_FOLDERS := $(foreach path,$(subst :, ,$(PYTHONPATH)),$(foreach app,$(subst .,/,$(subst $(COMMA), ,$(EXTRA_APPS))),$(wildcard $(path)/$(app))))
WITH_STATIC := app $(APP_FOLDERS) $(wildcard $(subst $(COMMA), ,$(THEMES_DIRS)))

static/staticfiles.json: .venv/run-installed .venv/collected-for $(shell find $(WITH_STATIC) -path '*/static/*' -type f)
	@echo "Collecting static files ..."
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0

FORCE:
.venv/collected-for: .venv/run-installed FORCE
	@echo "$(EXTRA_APPS) $(THEMES_DIRS)" | cmp --silent - $@ || echo "$(EXTRA_APPS) $(THEMES_DIRS)" > $@

# These files depend only on the requirements, so a second call does nothing.
.venv/run-installed: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Colonnade needs Python 3.11 or newer: make PYTHON=/path/to/python")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing requirements/run.txt ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

.venv/dev-installed: requirements/dev.txt .venv/run-installed
	@echo "Installing requirements/dev.txt ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

##@ Check
.PHONY: test test-fast test-isolation test-example lint audit format bench bench-pages bench-faults bench-resolve
test: install lint ## All tests: SQLite, and PostgreSQL, nginx, Chromium ... if they are installed
	@$(BIN)/python -m tests.suite

test-isolation: install ## The isolation tests of every model, address, admin page and command, on each database (part of `make test`)
	@$(BIN)/python -m tests.suite isolation

test-example: install ## Build and use the app, the theme and the image of docs/extend.md (part of `make test`; the image needs a Docker engine)
	@$(BIN)/python -m pytest tests/extension/test_guide.py tests/image/test_agency.py

test-fast: install ## The tests that start no process of the product, on SQLite: about six minutes with two processors
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not process"

lint: install ## ruff, mypy --strict, import contract, no secrets
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > .lint-imports.log || { cat .lint-imports.log; exit 1; }
	@rm -f .lint-imports.log
	@git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline

audit: install ## Ask a database of advisories about the pinned dependencies (exit status 3: it could not be reached)
	@$(BIN)/python requirements/audit.py

format: install ## Format the code with ruff
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

bench: install ## Run all benchmarks: about half an hour
	@$(BIN)/python -m bench

bench-pages: install ## Measure pages beside other systems; writes docs/benchmarks.md (ARGS=--quick, ARGS="--only ROW ...")
	@$(BIN)/python -m bench.pages $(ARGS)

bench-faults: install ## Request pages while workers, PostgreSQL, Redis ... fail; writes a table into docs/security.md
	@$(BIN)/python -m bench.faults $(ARGS)

bench-resolve: install ## Measure host resolution with 10, 1,000 and 100,000 domains
	@$(BIN)/python -m bench resolve

.PHONY: screenshots lighthouse
screenshots: install ## Take pictures of the demo's sites with Chromium; writes docs/screenshots
	@$(BIN)/python -m tests.looks.screenshots

lighthouse: install ## Measure the demo's pages with Lighthouse (Chromium, and Node.js with npx; some minutes)
	@$(BIN)/python -m tests.looks.lighthouse

.PHONY: test-cluster
test-cluster: install ## Test the chart on the cluster of KUBECONFIG (TEST_IMAGE: the image to use)
	@TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster -x -v --durations=0 --force-enable-socket

##@ Release
.PHONY: image sbom requirements
# Uses the date of the commit, so that two builds give the same bytes. DOCKER_BUILD adds arguments.
COMMIT = HEAD
image: ## Build the container image (IMAGE=colonnade:dev)
	DOCKER_BUILDKIT=1 docker build $(DOCKER_BUILD) --tag $(IMAGE) \
	  --build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct $(COMMIT)) --build-arg REVISION=$$(git rev-parse $(COMMIT)) \
	  --build-arg CREATED=$$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd $(COMMIT)) \
	  --build-arg VERSION=$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) .

# As in the Dockerfile: of an environment that holds what the image holds.
sbom: install ## Write sbom.cdx.json: the dependencies of a release, in CycloneDX
	@rm -rf .sbom && $(BIN)/uv venv --quiet .sbom
	@$(BIN)/uv pip install --quiet --python .sbom/bin/python --require-hashes --only-binary :all: -r requirements/run.txt
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file sbom.cdx.json .sbom/bin/python
	@rm -rf .sbom

requirements: install ## Pin the dependencies of pyproject.toml with hashes
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make requirements" pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make requirements" pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	echo uv | $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make requirements" - -c requirements/dev.txt -o requirements/build.txt
	echo cyclonedx-bom | $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --custom-compile-command "make requirements" - -c requirements/dev.txt -o requirements/sbom.txt

# docs/releases.md
REGISTRY ?= ghcr.io/colonnade
RELEASE = $(BIN)/python -m releases
# SECURITY: the shell reads these from its environment, as they were given. As text of a recipe, they could be commands.
RELEASES := $(filter release%,$(MAKECMDGOALS))
$(RELEASES): override export VERSION := $(value VERSION)
$(RELEASES): override export REGISTRY := $(value REGISTRY)
$(RELEASES): override export KEY := $(value KEY)
$(RELEASES): override export SIGN := $(value SIGN)
$(RELEASES): override export EARLIER := $(value EARLIER)
OF_VERSION = --version "$$VERSION" --registry "$$REGISTRY"
OF_IMAGE = --key "$$KEY" --sign "$${SIGN:-yes}" --earlier "$${EARLIER:-yes}"
.PHONY: release release-version release-check release-image release-chart release-sign release-notes release-verify
release: install ## Check, build, push and sign VERSION: image and chart to REGISTRY (KEY: cosign's key; SIGN=no)
	@$(RELEASE) all $(OF_VERSION) $(OF_IMAGE)

release-version: install ## Write VERSION to every file that has it
	@$(RELEASE) version $(OF_VERSION)

release-check: install ## Is this commit ready to be released as VERSION? The first step of `make release`
	@$(RELEASE) check $(OF_VERSION)

release-image: install ## Build the image and push it (KEY, SIGN: as above; EARLIER=no: without the last static files)
	@$(RELEASE) image $(OF_VERSION) $(OF_IMAGE)

release-chart: install ## Package the chart with the digest of the image and push it
	@$(RELEASE) chart $(OF_VERSION)

release-sign: install ## Sign both, and attach the SBOM and the provenance
	@$(RELEASE) sign $(OF_VERSION) --key "$$KEY"

release-notes: install ## Write the text of the release, from CHANGELOG.md
	@$(RELEASE) notes $(OF_VERSION)

release-verify: install ## Is the published VERSION what it says? (KEY: a public key)
	@$(RELEASE) verify $(OF_VERSION) --key "$$KEY"

.PHONY: messages
messages: install ## Update and compile the translations in app/locale (needs GNU gettext)
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m tests.messages

.PHONY: manifests
manifests: install ## Generate k8s/ and the schema and README of the chart
	@$(BIN)/python helm/generate.py
