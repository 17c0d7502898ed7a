#!/usr/bin/env bash
# What nodes of every service do the same way: packages from a folder of wheels, by hash, without any index.

# Install what DIRECTORY/requirements.txt lists into the interpreter PYTHON: install_wheels DIRECTORY PYTHON
install_wheels() {
  local wheels=$1 python=$2
  if [[ ! -s $wheels/requirements.txt ]]; then
    printf 'bootstrap: %s: no requirements.txt in the wheelhouse\n' "$(hostname)" >&2
    return 1
  fi
  if ! "$python" -m pip install --quiet --no-index --find-links "$wheels" --require-hashes \
    --requirement "$wheels/requirements.txt"; then
    printf 'bootstrap: %s: %s could not install the wheelhouse\n' "$(hostname)" "$python" >&2
    return 1
  fi
}
