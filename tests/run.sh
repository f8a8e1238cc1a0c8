#!/usr/bin/env bash
# Installs what is missing, builds, runs every test.
#   tests/run.sh               all of them
#   tests/run.sh -R core       ARGS go to ctest: here, only the tests whose name matches
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install-packages.sh tests
cmake --preset release -DSPIN_TESTS=ON -DSPIN_WERROR=ON >/dev/null
cmake --build build
cd build
exec ctest --output-on-failure --no-tests=error -j "$(nproc)" "$@"
