# Thin verbs; `make help` lists them. Whatever needs thinking stands in xtask/, written in Rust.

LISTEN  ?= 0.0.0.0:8000
DATA    ?= ./data
ROUNDS  ?= 40
FORM    ?= full
SECONDS ?= 60
CARGO   ?= cargo
XTASK    = $(CARGO) xtask

web_sources := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run build test test-sdk check dev bench bench-fanout bench-storm bench-sfu
.PHONY: bench-sfu-instructions conformance fuzz crash screenshots clean

help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: build ## build what changed and start the server on http://localhost:8000
	./target/release/plaza serve --data $(DATA) --listen $(LISTEN)

# Cargo does not see that a folder it embeds came to be; a newer web app makes it look again.
build: web/dist/index.html ## build the web app and the release server
	@[ target/release/plaza -nt web/dist/index.html ] || touch crates/server/src/assets.rs
	$(CARGO) build --release --locked -p plaza

test: ## run every test there is; ends with `N passed, N failed`
	@$(XTASK) test

test-sdk: web/dist/index.html ## real client libraries against the debug server; SUITES="cent ws" for some of them
	$(CARGO) build --locked -p plaza
	$(CARGO) build --locked -p server --example hub
	@$(XTASK) test-sdk $(SUITES)

check: web/node_modules/.package-lock.json ## formatting, lints, types, house rules
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	cd web && npm run --silent lint
	cd web && npx vitest run src/i18n
	cd e2e && ../web/node_modules/.bin/biome check .
	$(XTASK) tidy

dev: web/node_modules/.package-lock.json ## server and Vite with reload; both stop together
	@$(XTASK) dev

bench: build ## measure what docs/performance.md tells, but for the fan-out
	$(CARGO) run --release --locked -p sim -- posts --plaza ./target/release/plaza
	place=$$(mktemp -d) && WITH_SEARCH=1 \
		$(CARGO) run --release --locked -p store --example posts -- $$place/data && \
		$(CARGO) run --release --locked -p sim -- start --plaza ./target/release/plaza \
			--directory $$place; rm -rf $$place
	cd web && npm run --silent size

bench-fanout: ## fan-out beside its peers and the least the kernel allows; FORM=quick for some minutes
	bench/fanout.sh $(FORM)

bench-storm: ## 10,000 connects at once, and their return after a SIGKILL with 20 missed messages each
	bench/fanout.sh storm

bench-sfu: ## calls beside Janus, LiveKit and the least the machine allows; FORM=quick for some minutes
	bench/sfu.sh $(or $(FORM),page)

bench-sfu-instructions: ## machine instructions for each forwarded packet; fails when they grow
	@$(XTASK) instructions

conformance: ## the Autobahn suite against the WebSocket codec, without packing; needs CPython 2.7
	bench/conformance.sh

fuzz: ## run every fuzz target for a minute each; SECONDS=300 for longer
	@$(XTASK) fuzz $(SECONDS)

crash: build ## kill the server at random under load and compare what was acknowledged
	$(CARGO) run --release --locked -p sim -- crash --plaza ./target/release/plaza --rounds $(ROUNDS)

screenshots: build e2e/node_modules/.package-lock.json ## take the pictures in docs/images again
	cd e2e && PLAZA=../target/release/plaza node screenshots.mjs

clean: ## remove what was built; never touches ./data
	rm -rf target web/dist web/node_modules e2e/node_modules

# npm writes this file last, so its time says when the packages were installed.
%/node_modules/.package-lock.json: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(web_sources)
	cd web && npm run --silent build
	@touch $@
