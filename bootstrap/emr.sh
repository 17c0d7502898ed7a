#!/usr/bin/env bash
# EMR's bootstrap action, run by the user hadoop on each node before its software comes: emr.sh COMMON WHEELHOUSE PYTHON
# https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-bootstrap.html
set -euo pipefail

readonly common=$1 wheelhouse=$2 python=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

aws s3 cp --only-show-errors "$common" "$work/common.sh"
aws s3 cp --only-show-errors --recursive "$wheelhouse" "$work/wheels"
# shellcheck source=bootstrap/common.sh
source "$work/common.sh"
sudo bash -c "$(declare -f install_wheels); install_wheels $(printf '%q %q' "$work/wheels" "$python")"
