#!/usr/bin/env bash
# Dataproc's initialization action, run by root on each node when its software is there, also on nodes that come later.
# It takes no arguments: where things are is in the node's metadata.
# https://cloud.google.com/dataproc/docs/concepts/configuring-clusters/init-actions
set -euo pipefail

attribute() {
  /usr/share/google/get_metadata_value "attributes/firesteel-$1"
}

common=$(attribute common)
wheelhouse=$(attribute wheelhouse)
python=$(attribute python)
readonly common wheelhouse python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/wheels"
gcloud storage cp --no-user-output-enabled "$common" "$work/common.sh"
gcloud storage cp --no-user-output-enabled --recursive "$wheelhouse/*" "$work/wheels"
# shellcheck source=bootstrap/common.sh
source "$work/common.sh"
install_wheels "$work/wheels" "$python"
