#!/usr/bin/env bash
# Makes the environments in .venv from the hashed locks: tools/setup.sh runtime|notebook|deep|test.
#
# A second call finds the stamps and installs nothing; a moved checkout, another Python, or an installation that was
# interrupted is set up again, from the packages already fetched. Downloads are kept in .venv/cache only until then.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly venv=$root/.venv stamps=$root/.venv/setup locks=$root/requirements

export UV_CACHE_DIR=$venv/cache UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 UV_HTTP_TIMEOUT=180 UV_SYSTEM_CERTS=1
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONNOUSERSITE=1
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "setup: $1"
  say "  hint: $2"
  exit 1
}

digest() { cat -- "$@" | sha256sum | cut -d ' ' -f 1; }

# A stamp says what a step was done for: this place, this Python, these inputs.
stamped() { [[ -f $stamps/$1 && $(<"$stamps/$1") == "$2" ]]; }

stamp() {
  mkdir -p "$stamps"
  printf '%s' "$2" >"$stamps/$1.draft"
  mv "$stamps/$1.draft" "$stamps/$1"
}

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

uv_install() { # where, stamp name, what ...
  local python=$1 name=$2
  shift 2
  # Until the stamp is written, a half-written package may lie there; the next call then begins with an empty folder.
  stamp "$name.busy" "$root"
  local install=("$venv/bin/uv" pip install --quiet --python "$python" --build-constraints "$locks/build.txt" "$@")
  # Of gigabytes one download may break off; what came before it is kept, so that a second try is short.
  "${install[@]}" || { say "  once more" && sleep 5 && "${install[@]}"; } ||
    fail "the packages could not be installed" "see the message above; is the package index reachable? then the same command again"
  rm "$stamps/$name.busy"
}

choose_python() {
  local python=${PYTHON:-python3} version
  version=$(python_version "$python") || fail "$python does not run" "install Python 3.11 or newer, or set PYTHON"
  case $version in
    3.[0-9] | 3.10 | 2.*) fail "$python is Python $version; 3.11 or newer is needed" "make PYTHON=/path/to/python3.11" ;;
  esac
  printf '%s' "$python"
}

make_venv() {
  local python place
  if compgen -G "$stamps/*.busy" >/dev/null; then
    say "  an earlier setup was interrupted: starting again"
  else
    place="$root $(python_version "$venv/bin/python" || true)"
    if stamped venv "$place" && [[ -x $venv/bin/uv ]]; then return; fi
  fi
  python=$(choose_python)
  say "1/4 a Python environment in .venv, with $(command -v "$python")"
  # Runs and their records live in .venv/firesteel: they stay.
  rm -rf "$stamps" "${venv:?}"/{bin,include,lib,lib64,share,pyvenv.cfg,spark-3.5,deep}
  "$python" -m venv "$venv" || fail "$python has no venv module" "on Debian: apt-get install python3-venv"
  say "2/4 uv, which installs the rest"
  "$venv/bin/python" -m pip install --quiet --no-cache-dir --require-hashes --no-deps -r "$locks/uv.txt" ||
    fail "uv could not be installed" "see the message above; is the package index reachable? then the same command again"
  stamp venv "$root $(python_version "$venv/bin/python")"
}

install_lock() { # name, what it brings
  local want
  want=$(digest "$locks/$1.txt" "$locks/build.txt")
  if stamped "$1" "$want"; then return; fi
  say "3/4 packages of requirements/$1.txt, by hash: $2"
  uv_install "$venv/bin/python" "$1" --require-hashes --requirements "$locks/$1.txt"
  stamp "$1" "$want"
}

install_project() {
  local want
  want=$(digest "$root/pyproject.toml")
  if stamped project "$want"; then return; fi
  say "4/4 the launcher: .venv/bin/launcher"
  uv_install "$venv/bin/python" project --no-deps --editable "$root"
  stamp project "$want"
}

install_spark_3_5() {
  local want
  want=$(digest "$locks/spark-3.5.txt" "$locks/build.txt")
  if stamped spark-3.5 "$want"; then return; fi
  say "the second environment, .venv/spark-3.5, for the jobs' tests: Spark 3.5 and its Java, 700 MB"
  rm -rf "$venv/spark-3.5"
  "$venv/bin/uv" venv --quiet --no-project --python "$venv/bin/python" "$venv/spark-3.5"
  uv_install "$venv/spark-3.5/bin/python" spark-3.5 --require-hashes --requirements "$locks/spark-3.5.txt"
  stamp spark-3.5 "$want"
}

install_deep() {
  local want
  want=$(digest "$locks/deep.txt" "$locks/build.txt")
  if stamped deep "$want"; then return; fi
  say "the third environment, .venv/deep, for deep learning: Spark, PyTorch, TensorFlow; 5 GB"
  rm -rf "$venv/deep"
  "$venv/bin/uv" venv --quiet --no-project --python "$venv/bin/python" "$venv/deep"
  # The lock leaves out parts of PyTorch that only a GPU needs: its own list of dependencies is not met.
  uv_install "$venv/deep/bin/python" deep --no-deps --require-hashes --requirements "$locks/deep.txt"
  stamp deep "$want"
}

main() {
  local what=${1:-runtime}
  mkdir -p "$venv"
  exec 9>"$venv/setup.lock"
  flock -n 9 || { say "waiting for another setup in this checkout" && flock 9; }
  make_venv
  case $what in
    runtime | notebook | deep | test) install_lock runtime "Spark, a Java, pandas; 900 MB" ;;
    *) fail "unknown environment $what" "tools/setup.sh runtime|notebook|deep|test" ;;
  esac
  if [[ $what == test ]]; then install_lock test "what checks and tests need"; fi
  if [[ $what == test || $what == notebook ]]; then install_lock notebook "JupyterLab"; fi
  install_project
  if [[ $what == test ]]; then install_spark_3_5; fi
  if [[ $what == test || $what == deep ]]; then install_deep; fi
  rm -rf "$UV_CACHE_DIR"
}

main "$@"
