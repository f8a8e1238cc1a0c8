#!/usr/bin/env bash
# From a fresh clone to a table of results: installs what is missing, builds, trains deploy/sweeps/fashion-mnist.yaml on
# this machine and prints what came out. Run again, it goes on where it stopped, or prints the finished table.
#   deploy/quickstart.sh             the eight networks of the sweep
#   deploy/quickstart.sh --fresh     forgets earlier results first
#   deploy/quickstart.sh ARGS...     ARGS go to `spinctl run`: --set training.epochs=5, --format markdown, ...
set -euo pipefail
cd "$(dirname "$0")/.."

state=build/quickstart
if [ "${1:-}" = --fresh ]; then
  shift
  rm -rf "$state"
fi

deploy/install-packages.sh
[ -f build/build.ninja ] || { echo "configuring build/"; cmake --preset release -DSPIN_TESTS=OFF >/dev/null; }
echo "building (the first time takes some minutes)"
cmake --build build --target spind spin-worker spin-train spinctl

mkdir -p "$state"
exec build/bin/spinctl run deploy/sweeps/fashion-mnist.yaml --db "$state/spin.db" "$@"
