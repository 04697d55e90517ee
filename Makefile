# weir: every command a contributor needs. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run setup build test bench bench-proxy fuzz fmt lint clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-zA-Z%-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile
	@echo "  ARGS=... is handed on: make run ARGS='--ports auto', make lint ARGS=--all"

run:  ## install what is missing, build, start everything on 127.0.0.1 (Ctrl-C ends it)
	@tools/setup --run
	@tools/build.sh release weir
	@exec build/release/weir up $(ARGS)

setup:  ## install the Debian packages that are missing, all of them
	@tools/setup

build:  ## release build of everything: programs, tests, benchmarks
	@tools/build.sh release

test:  ## everything a change must pass: unit, sanitizers, fuzz, system (at most 15 minutes)
	@tools/test.sh

bench: build  ## micro benchmarks beside the sources
	@tools/bench.sh $(ARGS)

bench-proxy: build  ## weir beside HAProxy and NGINX: CPU, latency, memory, counted costs
	@python3 bench/proxy_bench.py $(ARGS)

fuzz:  ## every fuzzer for 60 s and more (SECONDS_EACH=60)
	@tools/fuzz.sh $${SECONDS_EACH:-60}

fmt:  ## clang-format over src, bench and tests
	@git ls-files -co --exclude-standard src bench tests \
	  | grep -E '\.(cpp|hpp)$$' | xargs -r clang-format-19 -i

lint:  ## clang-tidy on changed files, and every header compiles alone (ARGS=--all: every file)
	@python3 tools/lint.py $(ARGS)

accept-%:  ## the figures part NN must reach, e.g. make accept-01
	@test -f bench/accept_$*.py || { echo "there is no bench/accept_$*.py"; exit 2; }
	@tools/build.sh release
	@python3 bench/accept_$*.py $(ARGS)

soak-%:  ## the long runs of part NN, e.g. make soak-01
	@test -f bench/soak_$*.py || { echo "there is no bench/soak_$*.py"; exit 2; }
	@tools/build.sh release
	@python3 bench/soak_$*.py $(ARGS)

clean:  ## remove build/ (data directories are left alone)
	rm -rf build
