PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo bench test check lint format type unit property lit network clean

help: ## List these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1  \2/p' $(MAKEFILE_LIST) | awk '{ n = $$1; $$1 = ""; printf "  make %-10s%s\n", n, $$0 }'

demo: $(INSTALLED) ## Fuse ResNet-18, run it on the emulated accelerator, and show what it saved
	$(BIN)/optimus run zoo:resnet18

bench: $(INSTALLED) ## How fast the emulator is, next to PyTorch (docs/performance.md)
	$(BIN)/python tools/bench.py

test: lint type unit property lit network ## Everything below, as CI does

check: test ## The same

lint: $(INSTALLED) ## Style and likely bugs (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED) ## Mend the style (ruff)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: $(INSTALLED) ## Types (pyright; strict where no MLIR is)
	$(BIN)/pyright

unit: $(INSTALLED) ## Unit tests (pytest)
	$(BIN)/pytest -q -n auto test/unit

property: $(INSTALLED) ## The laws, on random inputs (hypothesis)
	$(BIN)/pytest -q -n auto test/property

lit: $(INSTALLED) ## Passes and tools on MLIR files (lit, FileCheck)
	$(BIN)/lit -sv test/lit

network: $(INSTALLED) ## The laws on networks of the zoo (pytest)
	$(BIN)/pytest -q -n auto test/network

clean: ## Remove what the tools and tests leave behind, but not .venv
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis optimus-opt-crash.mlir optimus-crash.mlir
	find optimus_mlir passes test -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[onnx,plot,test,torch,transformers]'
	touch $@
