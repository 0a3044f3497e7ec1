# The commands. What they need beyond Rust, a C compiler and Python 3 is installed into .tools/ by infra/tools.sh.

# Variables on make's command line reach the programs too, as their environment: PORT, SCALE.
STAGE ?= dev
# `make build` compiles for this machine's processor, which needs no cross-compiling. `make deploy` takes the stage's.
ARCH ?= $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)

export SAM_CLI_TELEMETRY := 0

# cargo-lambda finds its linker through the Python that it was installed with.
WITH_CARGO_LAMBDA := PATH="$(CURDIR)/.tools/venv/bin:$$PATH"
# No --package: that would choose other features of the dependencies and compile most of them a second time.
DESKLESS := cargo run --locked --bin deskless --

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help dev serve dev-reset test check validate audit fmt openapi template bench build deploy clean clean-tools

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## Run the local stack: every function as Lambda runs it, over data that stays (PORT=9000)
	@infra/tools.sh dev
	@$(WITH_CARGO_LAMBDA) exec $(DESKLESS) dev

serve: ## Run all routes in one process over the same data: quick to start, made for load (PORT=9000)
	@infra/tools.sh base
	@exec $(DESKLESS) serve

dev-reset: ## Forget the data and the keys of the local stack
	rm -rf .local

test: ## Run all tests, and those of the API once more on Amazon's DynamoDB Local
	@infra/tools.sh test
	. .tools/test.env && cargo test --workspace --locked

check: ## Check format, lints, documentation, dependencies, and the generated files
	@infra/tools.sh check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	.tools/bin/cargo-deny --locked check --hide-inclusion-graph licenses bans sources
	.tools/bin/cargo-shear --locked --deny-warnings
	@$(MAKE) --no-print-directory validate
	$(DESKLESS) openapi --check
	$(DESKLESS) template --check

validate: ## Check template.yaml
	@infra/tools.sh check
	.tools/bin/cfn-lint template.yaml
	.tools/bin/sam validate --lint

audit: ## Ask the advisory database about the dependencies (needs the network)
	@infra/tools.sh check
	.tools/bin/cargo-deny --locked check advisories

fmt: ## Format the code
	cargo fmt --all

openapi: ## Write infra/openapi.json from the code
	$(DESKLESS) openapi

template: ## Write template.yaml and CargoLambda.toml from infra/template/ and the code
	$(DESKLESS) template

bench: ## Measure against raw SDK calls and a bare function (SCALE= for more rows)
	@infra/tools.sh base
	cargo run --locked --release -p deskless-tests --bin bench

build: ## Build what a deployment uploads, for this machine's processor (ARCH=arm64|x86_64)
	@infra/tools.sh check
	$(WITH_CARGO_LAMBDA) .tools/bin/sam build --parameter-overrides Architecture=$(ARCH)

deploy: ## Build for a stage of samconfig.toml and deploy to it, with the usual AWS environment (STAGE=dev)
	@infra/tools.sh check
	$(WITH_CARGO_LAMBDA) .tools/bin/sam build --config-env $(STAGE)
	.tools/bin/sam deploy --config-env $(STAGE)

clean: ## Remove what was compiled
	cargo clean
	rm -rf .aws-sam

clean-tools: ## Remove the installed tools
	rm -rf .tools
