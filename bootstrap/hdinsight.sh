#!/usr/bin/env bash
# HDInsight's script action, run by root on head and worker nodes, also on workers that come later:
# hdinsight.sh COMMON WHEELHOUSE PYTHON
# https://learn.microsoft.com/azure/hdinsight/hdinsight-hadoop-customize-cluster-linux
set -euo pipefail

readonly common=$1 wheelhouse=$2 python=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hdfs dfs -get "$common" "$work/common.sh"
hdfs dfs -get "$wheelhouse" "$work/wheels"
# shellcheck source=bootstrap/common.sh
source "$work/common.sh"
install_wheels "$work/wheels" "$python"
