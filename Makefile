# Storewright: everything a contributor runs. `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
NAME ?=

bin = $(VENV)/bin
generator = $(VENV)/.generator
installed = $(VENV)/.installed
code = $(wildcard storewright codegen generated services tests examples benchmarks)
pytest = $(bin)/python -m pytest
# What the services were seen to do, a folder for each target that looks.
evidence = tests/conformance/evidence
seen = .build/evidence
same_as_seen = diff -ruN $(evidence)/$@ $(seen)/$@ \
	|| { echo 'what the services were seen to do has changed; if rightly: make matrix'; exit 1; }
# What measures time runs alone, after the rest, which uses both cores.
parallel = -n 2 --dist worksteal
# The slow tests keep the order of their groups instead: one worker for each server that they start.
grouped = -n 2 --dist loadgroup
# pytest says 5 when no test matches, as long as nothing is marked so
none_is_fine = || [ $$? -eq 5 ]

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install generate check-generated matrix new-service format lint types test test-slow \
	test-full check-scaffold demo bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

install: $(installed) ## make .venv with everything (other targets do it when needed)

# Specs need a few small packages; everything else, with the SDKs and the servers, takes a minute.
$(generator): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Storewright needs Python 3.11 or later; try: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(bin)/pip install --quiet --editable '.[codegen]'
	@touch $@

$(installed): $(generator)
	$(bin)/pip install --quiet --upgrade 'pip>=25.1'
	$(bin)/pip install --quiet --editable '.[all,testing]' --group dev
	@touch $@

generate: $(generator) ## write generated/ and docs/reference/ from specs/
	$(bin)/python -m storewright.codegen

check-generated: $(generator) ## fail if what is committed differs from what specs/ would give
	$(bin)/python -m storewright.codegen --check

new-service: $(generator) ## scaffold a service: make new-service NAME=x
	@test -n '$(NAME)' || { echo 'which service? make new-service NAME=x'; exit 1; }
	$(bin)/python -m storewright.codegen --new-service '$(NAME)'

format: $(installed) ## let ruff and black rewrite what they can
	$(bin)/ruff check --quiet --fix .
	$(bin)/black --quiet .

lint: $(installed) ## ruff and black, without changing anything
	$(bin)/ruff check .
	$(bin)/black --quiet --check .

types: $(installed) ## mypy --strict and pyright strict
	$(bin)/mypy $(code)
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(bin)/pyright --pythonpath $(bin)/python

test: check-generated lint types ## everything that must be green before a commit
	rm -rf $(seen)/$@
	$(pytest) $(parallel) -m 'not slow and not alone' --evidence $(seen)/$@
	@$(same_as_seen)
	$(pytest) -m 'alone and not slow' $(none_is_fine)

matrix: $(installed) ## run the conformance suites and write what they saw into the matrix
	rm -rf $(evidence)
	$(pytest) $(parallel) -m 'not slow and not alone' --evidence $(evidence)/test \
		tests/conformance tests/services
	$(pytest) $(grouped) -m 'slow and not alone' --evidence $(evidence)/test-slow \
		tests/conformance tests/services $(none_is_fine)
	$(bin)/python -m storewright.codegen

test-slow: $(installed) ## the sweeps that `make test` leaves out
	rm -rf $(seen)/$@
	$(pytest) $(grouped) -m 'slow and not alone' --evidence $(seen)/$@ $(none_is_fine)
	@$(same_as_seen)
	$(pytest) -m 'slow and alone' $(none_is_fine)

test-full: test test-slow check-scaffold ## all tests there are

# In a copy, so that the throw-away service leaves no trace. PYTHONPATH comes before the
# editable install, which points here; `-o` keeps the copy from installing itself.
check-scaffold: $(installed) ## prove on a throw-away service that new-service works
	copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT \
	&& git ls-files -z --cached --others --exclude-standard \
		| tar --null -T - -cf - | tar -xf - -C "$$copy" \
	&& export PYTHONPATH="$$copy:$$copy/codegen:$$copy/generated:$$copy/services" \
	&& in_copy="$(MAKE) -C $$copy -o $(abspath $(generator)) -o $(abspath $(installed)) VENV=$(abspath $(VENV))" \
	&& $$in_copy new-service NAME=demo_ci \
	&& $$in_copy check-generated lint types \
	&& cd "$$copy" && $(abspath $(bin))/python -m pytest -k demo_ci

demo: $(installed) generate ## dump a database to disk and to an S3 server, restore it, compare
	$(bin)/python examples/demo.py

bench: $(installed) ## the benchmarks, one after the other
	@for file in $(wildcard benchmarks/*.py); do \
		echo "== $$file"; $(bin)/python "$$file" || exit 1; done

clean: ## remove what make has made, .venv too
	rm -rf $(VENV) .build dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
