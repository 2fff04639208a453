# SPDX-License-Identifier: MIT
#
# The front door. Meson does the work; this says which words to use. `make help` lists them.
BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
MESON_ARGS ?=
SECONDS_EACH ?= 15

MESON_TEST = meson test -C $(BUILD) --print-errorlogs
SUMMARY = tools/test-summary.py

.PHONY: all help deps demo check install bench bench-wasm long fuzz lint vm deb format clean
.DEFAULT_GOAL := all

all: $(BUILD)/build.ninja ## build everything
	ninja -C $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

deps: ## install what building needs, with apt, if anything is missing
	@tools/deps.sh build

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=$(PREFIX) $(MESON_ARGS)

demo: deps $(BUILD)/build.ninja ## build, then run a program in a boundary and show the report
	@ninja -C $(BUILD) src/cli/bvisor src/launcher/bvisor-launcher
	@tools/demo.sh $(BUILD)/src/cli/bvisor

check: deps all ## run every test; the last line counts cases
	@$(MESON_TEST) || true
	@$(SUMMARY) $(BUILD)/meson-logs/testlog.json

lint: deps all ## style, arrows between folders, documents
	@$(MESON_TEST) --suite lint --logbase lint || true
	@$(SUMMARY) $(BUILD)/meson-logs/lint.json

bench: deps all ## measure; nothing is asserted
	ninja -C $(BUILD) bench

bench-wasm: deps all ## measure the WebAssembly engine beside its peers (PEERS=a config)
	ninja -C $(BUILD) bench-wasm

long: deps all ## ten thousand launches leave nothing behind; collect ten thousand artifacts
	ninja -C $(BUILD) long-launches long-artifacts

fuzz: ## fuzz every decoder for SECONDS_EACH seconds (needs clang)
	@tools/deps.sh build check
	@tools/ci/fuzz.sh $(BUILD)-fuzz $(SECONDS_EACH)

vm: deps all ## oracles and scenarios under other kernels, emulated; writes docs/kernels.md
	@tools/deps.sh vm
	VM_PAGE=1 tests/vm/run $(BUILD)

install: all ## install under PREFIX (and DESTDIR)
	DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

deb: deps ## Debian packages, in dist/
	@tools/deps.sh deb
	@packaging/deb.sh dist

format: ## rewrite the C files as clang-format 14 has them
	@tests/lint/format.sh fix

clean: ## remove the build directories and dist/
	rm -rf $(BUILD) $(BUILD)-fuzz dist
