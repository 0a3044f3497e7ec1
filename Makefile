# Development commands. They require Rust, a C compiler and, for tests and checks, Python 3.11 or newer. infra/tools.sh installs the rest into .tools/.

# Variables set on the command line, such as PORT or SCALE, are passed to the programs as environment variables.
STAGE ?= dev
# `make build` compiles for this machine's architecture. `make deploy` compiles for the stage's.
ARCH ?= $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)

export SAM_CLI_TELEMETRY := 0

# cargo-lambda finds its linker through the Python environment it is installed in.
WITH_CARGO_LAMBDA := PATH="$(CURDIR)/.tools/venv/bin:$$PATH"
# No --package: that selects other dependency features and compiles most dependencies twice.
DESKLESS := cargo run --locked --bin deskless --

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help dev serve dev-reset test fuzz clients check validate audit fmt openapi reference template costs bench load build deploy clean clean-tools

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## Run the local stack with one process per function, as on Lambda (PORT=9000)
	@infra/tools.sh base
	@exec $(DESKLESS) dev

serve: ## Run the local stack in one process: starts fast, suits load tests (PORT=9000)
	@infra/tools.sh base
	@exec $(DESKLESS) serve

dev-reset: ## Delete the local stack's data and keys
	rm -rf .local

test: ## Run all tests, and the API tests again on Amazon's DynamoDB Local
	@infra/tools.sh test
	. .tools/test.env && cargo test --workspace --locked

fuzz: ## Run schemathesis with more than 20,000 requests
	@infra/tools.sh test
	. .tools/test.env && DESKLESS_EXAMPLES=$${DESKLESS_EXAMPLES:-300} cargo test --workspace --locked --test schemathesis -- --nocapture

clients: ## Generate clients in TypeScript, Python and Go, and run a flow with each
	@infra/tools.sh clients
	. .tools/clients.env && cargo test --workspace --locked --test clients

check: ## Check formatting, lints, docs, dependencies and the generated files
	@infra/tools.sh check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	.tools/bin/cargo-deny --locked check --hide-inclusion-graph licenses bans sources
	.tools/bin/cargo-shear --locked --deny-warnings
	@$(MAKE) --no-print-directory validate
	$(DESKLESS) openapi --check
	$(DESKLESS) template --check
	$(DESKLESS) costs --check

validate: ## Check template.yaml
	@infra/tools.sh check
	.tools/bin/cfn-lint template.yaml
	.tools/bin/sam validate --lint

audit: ## Check dependencies against the RustSec advisory database (needs network)
	@infra/tools.sh check
	.tools/bin/cargo-deny --locked check advisories

fmt: ## Format the code
	cargo fmt --all

openapi: ## Generate infra/openapi.json and infra/openapi-client.json
	$(DESKLESS) openapi

reference: ## Update the embedded API reference (needs npm)
	@infra/reference.sh

template: ## Generate template.yaml and CargoLambda.toml from infra/template/ and the code
	$(DESKLESS) template

costs: ## Generate docs/costs.md from the budgets, infra/costs.toml and template.yaml
	$(DESKLESS) costs

bench: ## Run the benchmarks (SCALE=100000 rows)
	@infra/tools.sh base
	cargo run --locked --release -p deskless-tests --bin bench

load: ## Fill the running stack through its API and measure requests per second (CONVERSATIONS=100000, MESSAGES=1000000)
	@infra/tools.sh base
	cargo run --locked --release -p deskless-tests --bin load

build: ## Build the functions for deployment (ARCH=arm64|x86_64)
	@infra/tools.sh check
	$(WITH_CARGO_LAMBDA) .tools/bin/sam build --parameter-overrides Architecture=$(ARCH)

deploy: ## Build and deploy a stage of samconfig.toml with your AWS credentials (STAGE=dev)
	@infra/tools.sh check
	$(WITH_CARGO_LAMBDA) .tools/bin/sam build --config-env $(STAGE)
	.tools/bin/sam deploy --config-env $(STAGE)

clean: ## Remove build output
	cargo clean
	rm -rf .aws-sam

clean-tools: ## Remove the installed tools
	rm -rf .tools
