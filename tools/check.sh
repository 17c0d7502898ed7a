#!/usr/bin/env bash
# The gate before the tests: style, types, shell scripts, the jobs' language level. Changes nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH=$PWD/.venv/bin:$PATH

scripts() { find .ci bootstrap tools -type f \( -name '*.sh' -o -name run \) -print0; }

ruff check --quiet
ruff format --check --quiet
pyright --warnings
scripts | xargs -0 shellcheck
vermin --quiet --no-tips --violations --target=3.8- --eval-annotations jobs
