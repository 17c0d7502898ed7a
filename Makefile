# Every verb is one line; `make help` lists them.
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.PHONY: help setup deep notebook demo test test-long lint bench bench-jobs bench-infra docs clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

setup: ## set up .venv, without tests
	@tools/setup.sh runtime

deep: ## set up .venv/deep as well: PyTorch and TensorFlow
	@tools/setup.sh deep

notebook: ## open the notebooks in JupyterLab
	@tools/setup.sh notebook && .venv/bin/jupyter lab notebooks

demo: setup ## set up, run KMeans on the Uber sample here, leave report.html
	@.venv/bin/launcher submit kmeans --input uber --report report.html

test: ## set up, check style and types, run all tests
	@tools/setup.sh test && tools/check.sh && tools/test.sh

test-long: ## the tests that take long as well
	@tools/setup.sh test && tools/test.sh -m "long or not long"

lint: ## style, types, shell scripts
	@tools/setup.sh test && tools/check.sh

bench: ## measured comparisons, printed as tables
	@tools/setup.sh test && for name in help submit latency listing kmeans fast_start clouds_submit; do .venv/bin/python "benchmarks/$$name.py" --quick || exit; done

bench-jobs: ## measured comparisons of the workloads
	@tools/setup.sh test && .venv/bin/python benchmarks/workloads.py --quick && .venv/deep/bin/python benchmarks/training.py --quick && .venv/deep/bin/python benchmarks/inference.py --quick

bench-infra: ## measured comparisons of the stacks
	@tools/setup.sh test && .venv/bin/python benchmarks/stacks.py --quick

docs: ## write docs/ that come from the code
	@tools/setup.sh runtime && .venv/bin/python docs/generate.py

clean: ## remove what setup and tests made; run records in .venv go too
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis build dist report.html && find . -name __pycache__ -prune -exec rm -rf {} +
