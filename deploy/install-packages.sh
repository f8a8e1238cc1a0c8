#!/usr/bin/env bash
# Installs what is missing of the Debian 12 packages that spin is built from; quick and silent when all is there.
#   deploy/install-packages.sh          to build and run
#   deploy/install-packages.sh tests    to run the tests too
#   deploy/install-packages.sh bench    to run the benchmarks too
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache mold
  libtorch-dev libopenblas0-openmp zlib1g-dev libjpeg62-turbo-dev libpng-dev
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libsqlite3-dev libboost-dev libssl-dev openssl prometheus-cpp-dev
  libcli11-dev libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  dataset-fashion-mnist
)
case "${1:-}" in
  "") ;;
  tests) packages+=(libgtest-dev procps prometheus iproute2 nftables clang libclang-rt-14-dev) ;;
  bench) packages+=(libgtest-dev procps python3 python3-torch python3-numpy python3-pil strace) ;;
  *) echo "usage: $0 [tests|bench]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "$0: these packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
