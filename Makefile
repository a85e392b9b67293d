# Everything a contributor or a new user runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE :=
GRPC_PORT ?= 50051
WEB_PORT ?= 8780
SIM_PORT ?= 8790
MINUTES ?= 10
SEED ?=
RUNNERS ?=
# none: without a Widevine device, as on a server whose operator has none.
WIDEVINE ?= simulator

PROTOS := $(wildcard proto/applemusic/v1/*.proto)
GEN_DIR := clients/python
TYPESCRIPT := clients/typescript
# Versions of Music Assistant's models that the provider is tested with besides the one in .venv.
MA_MODELS := $(VENV)/.ma-models
# The oldest dependencies that the client declares, which it is tested with besides those in .venv.
CLIENT_LOWEST := $(VENV)/.client-lowest

##@ Use it
.PHONY: help demo serve
help: ## Show this list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n\033[1m%s\033[0m\n", substr($$0, 5)} \
	  /^[a-zA-Z_-]+:.*##/ {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.demo ## Play two songs from end to end against the simulator, then exit
	@$(BIN)/python -m tools.demo

serve: $(VENV)/.demo ## Server and simulator with a signed-in demo account, until Ctrl-C
	@exec $(BIN)/python -m tools.serve --end-with-parent --widevine $(WIDEVINE) \
	  --grpc-port $(GRPC_PORT) --web-port $(WEB_PORT) --sim-port $(SIM_PORT)

##@ Work on it
.PHONY: setup gen docs check format test client-matrix conformance image bench soak music-assistant home-assistant lock clean
setup: $(VENV)/.dev $(MA_MODELS) $(VENV)/.grpcurl $(VENV)/.go-plugin $(VENV)/.go-client $(VENV)/.helm $(VENV)/.crds $(VENV)/.postgresql $(VENV)/.system $(VENV)/.typescript $(VENV)/.languages ## Install everything, hash-locked, into .venv

gen: $(VENV)/.dev $(VENV)/.go-client $(VENV)/.npm ## Regenerate what comes from the contract, the dashboard, and the chart's copies
	$(BIN)/python tools/generate.py
	$(BIN)/python tools/generate_blocking.py
	$(BIN)/python tools/generate_go.py
	$(BIN)/python tools/generate_typescript.py
	$(BIN)/python -m tools.dashboard
	$(BIN)/python tools/chart_files.py
	$(BIN)/python -m tools.reference

docs: $(VENV)/.dev ## The API reference and the guides as HTML, in build/docs
	$(BIN)/python -m tools.reference --html build/docs

check: $(VENV)/.dev $(VENV)/.go-client $(VENV)/.npm ## Format, lint, types, contract, import rules, generated code, locks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking --against proto/baseline.binpb
	PYTHONPATH=integrations/music_assistant $(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/python tools/generate.py --check
	$(BIN)/python tools/generate_blocking.py --check
	$(BIN)/python tools/generate_go.py --check
	$(BIN)/python tools/check_go.py
	$(BIN)/python tools/generate_typescript.py --check
	@if [ -d $(TYPESCRIPT)/node_modules ]; then npm --prefix $(TYPESCRIPT) run --silent check; fi
	$(BIN)/python -m tools.dashboard --check
	$(BIN)/python tools/chart_files.py --check
	$(BIN)/python -m tools.reference --check
	$(BIN)/python tools/check_repository.py

format: $(VENV)/.dev $(VENV)/.npm ## Rewrite the sources as `make check` wants them
	@if [ -d $(TYPESCRIPT)/node_modules ]; then npm --prefix $(TYPESCRIPT) run --silent format; fi
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/buf format --write

test: $(VENV)/.dev $(MA_MODELS) $(VENV)/.grpcurl $(VENV)/.go-plugin $(VENV)/.go-client $(VENV)/.helm $(VENV)/.crds $(VENV)/.postgresql $(VENV)/.system $(VENV)/.typescript $(VENV)/.languages ## Run every test
	$(BIN)/pytest -n auto

client-matrix: $(VENV)/.dev ## Try the Python client with Python 3.11 to 3.14, old and new grpcio, protobuf 6 and 7; the Music Assistant provider, too
	$(BIN)/python -m tools.client_matrix

conformance: $(VENV)/.dev $(VENV)/.go-client $(VENV)/.typescript ## Run the scenarios that all clients have in common; RUNNERS="python go" chooses
	$(BIN)/python -m conformance $(RUNNERS:%=--runner %)

image: $(VENV)/.dev ## Replay the container image's steps on a fresh Debian, and try what comes out; as root
	$(BIN)/python -m tools.replay_image --debian --simulator

bench: $(VENV)/.dev $(VENV)/.typescript ## Measure against the baseline, in one run; writes build/bench
	$(BIN)/python -m benchmarks

soak: $(VENV)/.dev ## Play, skip, seek and fail at random for MINUTES; SEED repeats the choices
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

music-assistant: $(VENV)/.dev ## Put the Music Assistant provider and its client together in build/music-assistant
	@$(BIN)/python -m tools.music_assistant build/music-assistant/apple_music_grpc

home-assistant: $(VENV)/.dev ## Put the Home Assistant app together in build/home-assistant
	@$(BIN)/python -m tools.home_assistant build/home-assistant/applemusic_grpc

lock: $(VENV)/.dev ## Resolve the requirements anew into requirements/*.lock
	$(BIN)/python tools/lock.py

clean: ## Remove what make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(BIN)/uv: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "Making $(VENV) with $$($(PYTHON) --version) (once) ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@touch $@

DISTRIBUTIONS := clients/python server simulator
# Quoted and found by the shell: the path of a clone may contain blanks, which make's functions split at.
INSTALL := VIRTUAL_ENV="$$(cd $(VENV) && pwd)" $(BIN)/uv --no-config pip install --quiet

$(VENV)/.demo: $(BIN)/uv requirements/demo.lock $(DISTRIBUTIONS:%=%/pyproject.toml)
	@echo "Installing into $(VENV) (once) ..." >&2
	@$(INSTALL) --require-hashes -r requirements/demo.lock
	@$(INSTALL) --no-deps --no-build-isolation $(DISTRIBUTIONS:%=-e %)
	@touch $@

$(VENV)/.dev: $(BIN)/uv requirements/dev.lock $(DISTRIBUTIONS:%=%/pyproject.toml)
	@echo "Installing into $(VENV) (once) ..." >&2
	@$(INSTALL) --require-hashes -r requirements/dev.lock
	@$(INSTALL) --no-deps --no-build-isolation $(DISTRIBUTIONS:%=-e %)
	@touch $@ $(VENV)/.demo

$(MA_MODELS): $(VENV)/.dev requirements/ma-models-oldest.lock requirements/ma-models-newest.lock
	@for age in oldest newest; do \
	  rm -rf "$(VENV)/ma-models/$$age"; \
	  $(INSTALL) --require-hashes --no-deps --python-version 3.13 --target "$(VENV)/ma-models/$$age" \
	    -r "requirements/ma-models-$$age.lock"; \
	done
	@touch $@

setup test: $(CLIENT_LOWEST)
$(CLIENT_LOWEST): $(VENV)/.dev requirements/client-lowest.lock
	@$(BIN)/uv --no-config venv --quiet --clear --python $(BIN)/python $(VENV)/client-lowest
	@$(BIN)/uv --no-config pip install --quiet --python $(VENV)/client-lowest/bin/python \
	  --require-hashes -r requirements/client-lowest.lock
	@touch $@

# The tests run the grpcurl lines of the documentation as they stand there.
GRPCURL := github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4

$(VENV)/.grpcurl: $(BIN)/uv
	@if [ -x $(BIN)/grpcurl ] || command -v grpcurl >/dev/null; then touch $@; \
	elif ! command -v go >/dev/null; then \
	  echo "There is neither grpcurl nor Go here: the tests that need grpcurl will be skipped." >&2; \
	else \
	  echo "Building grpcurl into $(BIN) with Go (once, about a minute) ..." >&2; \
	  if GOBIN="$$(cd $(BIN) && pwd)" go install $(GRPCURL); then touch $@; \
	  else echo "grpcurl could not be built: the tests that need it will be skipped." >&2; fi; \
	fi

# A host of plugins as Go programs are: it starts the server with HashiCorp's go-plugin.
GO_PLUGIN_HOST := tests/go_plugin_host

$(VENV)/.go-plugin: $(BIN)/uv $(wildcard $(GO_PLUGIN_HOST)/*)
	@if ! command -v go >/dev/null; then \
	  echo "There is no Go here: the test with a real host of go-plugin will be skipped." >&2; \
	else \
	  echo "Building a host of go-plugin into $(BIN) with Go (once, about a minute) ..." >&2; \
	  if go build -C $(GO_PLUGIN_HOST) -mod=readonly -o "$$(cd $(BIN) && pwd)/go-plugin-host" .; then touch $@; \
	  else echo "It could not be built: the test with it will be skipped." >&2; fi; \
	fi

# What the TypeScript client is built with, from its lock. Node older than 20 counts as none.
$(VENV)/.npm: $(BIN)/uv $(TYPESCRIPT)/package.json $(TYPESCRIPT)/package-lock.json
	@if ! command -v npm >/dev/null || ! [ "$$(node -p 'parseInt(process.versions.node)')" -ge 20 ]; then \
	  echo "There is no Node 20 with npm here: the TypeScript client will be neither checked nor tested." >&2; \
	else \
	  echo "Installing what the TypeScript client is built with (once) ..." >&2; \
	  if npm --prefix $(TYPESCRIPT) ci --no-audit --no-fund --loglevel=error >/dev/null; then touch $@; \
	  else echo "npm ci failed: the TypeScript client will be neither checked nor tested." >&2; fi; \
	fi

# The client's tests and its runner of the scenarios (conformance/README.md), compiled.
$(VENV)/.typescript: $(VENV)/.npm $(shell find $(TYPESCRIPT)/src $(TYPESCRIPT)/test $(TYPESCRIPT)/conformance $(TYPESCRIPT)/bench -name '*.ts')
	@if [ -d $(TYPESCRIPT)/node_modules ]; then \
	  if npm --prefix $(TYPESCRIPT) run --silent compile; then touch $@; \
	  else echo "The TypeScript client does not compile: its tests will fail." >&2; fi; \
	fi

# The Go client: protoc's plugins that write its code, staticcheck, and all that its tests are built of.
GO_CLIENT := clients/go

$(VENV)/.go-client: $(BIN)/uv $(GO_CLIENT)/go.sum $(GO_CLIENT)/tools/go.sum
	@if ! command -v go >/dev/null; then \
	  echo "There is no Go here: the Go client is neither checked nor tested." >&2; \
	else \
	  echo "Building the Go client and its tools with Go (once, about a minute) ..." >&2; \
	  if GOBIN="$$(cd $(BIN) && pwd)" go install -C $(GO_CLIENT)/tools -mod=readonly tool \
	    && go build -C $(GO_CLIENT) -mod=readonly -buildvcs=false ./...; then touch $@; \
	  else echo "It could not be built: what needs it will be skipped." >&2; fi; \
	fi

# The tests render the Helm chart and hold it against the definitions of what it makes. As long as Helm is
# told nothing else, it takes the newest Kubernetes that the tests know for the cluster.
HELM := helm.sh/helm/v3/cmd/helm@v3.22.0
HELM_KUBERNETES := helm.sh/helm/v3/pkg/chartutil.k8sVersion
HELM_FLAGS := -s -w -X $(HELM_KUBERNETES)Major=1 -X $(HELM_KUBERNETES)Minor=37

$(VENV)/.helm: $(BIN)/uv
	@if [ -x $(BIN)/helm ] || command -v helm >/dev/null; then touch $@; \
	elif ! command -v go >/dev/null; then \
	  echo "There is neither Helm nor Go here: the tests of the chart will be skipped." >&2; \
	else \
	  echo "Building helm into $(BIN) with Go (once, about two minutes) ..." >&2; \
	  if GOBIN="$$(cd $(BIN) && pwd)" go install -ldflags "$(HELM_FLAGS)" $(HELM); then touch $@; \
	  else echo "helm could not be built: the tests of the chart will be skipped." >&2; fi; \
	fi

$(VENV)/.crds: $(BIN)/uv tools/fetch_crds.py
	@if ! command -v go >/dev/null; then \
	  echo "There is no Go here to fetch definitions of custom resources: their tests will be skipped." >&2; \
	elif $(BIN)/python tools/fetch_crds.py $(VENV)/crds; then touch $@; \
	else echo "The definitions of custom resources could not be fetched: their tests will be skipped." >&2; fi

# Rust and Java: an example of each is generated from its template and compiled where the compilers are.
$(VENV)/.languages: $(VENV)/.dev tools/other_languages.py $(PROTOS) $(wildcard clients/templates/*.yaml clients/templates/*/*.toml clients/templates/*/pom.xml clients/templates/*/src/*)
	@echo "Building the examples in Rust and Java (once, about a minute) ..." >&2
	@$(BIN)/python -m tools.other_languages >&2
	@touch $@

# The tests start a PostgreSQL server of their own; the package's is not needed, so none is made.
$(VENV)/.postgresql: $(BIN)/uv
	@if { command -v initdb || ls /usr/lib/postgresql/*/bin/initdb; } >/dev/null 2>&1 && command -v sqlite3 >/dev/null; then touch $@; \
	elif [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "PostgreSQL or sqlite3 is not here: the tests that need it will be skipped." >&2; \
	else \
	  echo "Installing PostgreSQL with apt-get (once) ..." >&2; \
	  mkdir -p /etc/postgresql-common; \
	  [ -e /etc/postgresql-common/createcluster.conf ] || \
	    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  if apt-get update -qq && apt-get install -qq --yes --no-install-recommends postgresql sqlite3 >/dev/null; then touch $@; \
	  else echo "PostgreSQL could not be installed: the tests that need it will be skipped." >&2; fi; \
	fi

# A real browser and a real proxy, for the tests of the sign-in page, Prometheus with its promtool for what
# it scrapes, and systemd's tool that reads units. RUNLEVEL keeps the packages from starting services.
SYSTEM := chromium nginx-light prometheus systemd

$(VENV)/.system: $(BIN)/uv
	@if command -v chromium >/dev/null && PATH="$$PATH:/usr/sbin" command -v nginx >/dev/null && command -v systemd-analyze >/dev/null && command -v promtool >/dev/null; then touch $@; \
	elif [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
	  echo "Tests that need them will be skipped. To have them: apt-get install $(SYSTEM)" >&2; \
	else \
	  echo "Installing $(SYSTEM) (once, about a minute) ..." >&2; \
	  if apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $(SYSTEM) fonts-dejavu-core >/dev/null; \
	  then touch $@; \
	  else echo "They could not be installed: the tests that need them will be skipped." >&2; fi; \
	fi
