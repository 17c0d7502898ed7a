#!/usr/bin/env bash
# Writes the hashed locks in requirements/ anew, with the newest versions that fit. They name no package index.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lock() {
  .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --output-file "requirements/$1.txt" "${@:2}"
}

lock uv requirements/uv.in
lock build requirements/build.in
lock runtime pyproject.toml --constraints requirements/constraints.in
lock test pyproject.toml --extra test --constraints requirements/runtime.txt --constraints requirements/constraints.in
lock notebook pyproject.toml requirements/notebook.in --constraints requirements/test.txt --constraints requirements/constraints.in
lock spark-3.5 requirements/spark-3.5.in
lock deep pyproject.toml requirements/deep.in --overrides requirements/deep-overrides.in --constraints requirements/runtime.txt
