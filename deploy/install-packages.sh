#!/usr/bin/env bash
# Installs what is missing of the Debian packages (12 or 13) that spin is built from; quick and silent when all is there.
#   deploy/install-packages.sh          to build and run
#   deploy/install-packages.sh tests    to run the tests too; python3-torch as below
#   deploy/install-packages.sh bench    to run the benchmarks too; on a host with CUDA's LibTorch, which Debian's python3-torch would
#                                       throw out, without that: train_speed.py needs a PyTorch of your own there
#   deploy/install-packages.sh cuda     to build spin-train with CUDA (Debian 13 with contrib and non-free): LibTorch with CUDA in
#                                       the place of the one without, and then it stays so
set -euo pipefail

tools=(g++ cmake ninja-build ccache mold)
trainer=(zlib1g-dev libjpeg62-turbo-dev libpng-dev libcli11-dev nlohmann-json3-dev)
packages=(
  "${tools[@]}" "${trainer[@]}"
  libtorch-dev libopenblas0-openmp
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libsqlite3-dev libboost-dev libssl-dev openssl prometheus-cpp-dev
  libyaml-cpp-dev libspdlog-dev libfmt-dev libutf8proc-dev
  dataset-fashion-mnist
)
case "${1:-}" in
  "") ;;
  tests) packages+=(libgtest-dev procps prometheus iproute2 nftables clang libclang-rt-dev python3 python3-torch) ;;
  bench) packages+=(libgtest-dev procps python3 python3-torch python3-numpy python3-pil strace) ;;
  cuda) packages=("${tools[@]}" "${trainer[@]}" libtorch-cuda-dev nvidia-cuda-toolkit nvidia-cudnn) ;;
  *) echo "usage: $0 [tests|bench|cuda]" >&2; exit 2 ;;
esac

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }
# Each of Debian's two LibTorches throws the other out, and python3-torch belongs to the one without CUDA.
is_there() { is_installed "$1" || { [[ $1 =~ ^(libtorch-dev|python3-torch)$ ]] && is_installed libtorch-cuda-dev; }; }
missing=()
for package in "${packages[@]}"; do is_there "$package" || missing+=("$package"); done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "$0: these packages are missing, and installing them needs root or sudo: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
unknown=()
for package in "${missing[@]}"; do apt-cache show "$package" >/dev/null 2>&1 || unknown+=("$package"); done
if [ ${#unknown[@]} -gt 0 ]; then
  echo "$0: apt knows no ${unknown[*]}" >&2
  [ "${1:-}" != cuda ] || echo "$0: LibTorch with CUDA is packaged in Debian 13, in contrib and non-free: add both behind 'main' in
  /etc/apt/sources.list or in Components: of /etc/apt/sources.list.d/debian.sources. Elsewhere take LibTorch's own archive
  (README, \"A GPU host\")." >&2
  exit 1
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
