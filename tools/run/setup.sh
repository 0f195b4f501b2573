# What the build needs: Debian packages (only those that are missing), and a LibTorch.
torch_version=2.13.0
venv=$C2C_DEPS_DIR/venv

# package, then a command that succeeds where it is there, however it came.
needed_packages() {
  cat <<'TABLE'
g++                  command -v g++
cmake                command -v cmake
ninja-build          command -v ninja
pkg-config           command -v pkg-config
libonig-dev          pkg-config --exists oniguruma
libutf8proc-dev      pkg-config --exists libutf8proc
nlohmann-json3-dev   pkg-config --exists nlohmann_json
libyaml-cpp-dev      pkg-config --exists yaml-cpp
libcli11-dev         pkg-config --exists CLI11
libgtest-dev         pkg-config --exists gtest
libgloo-dev          test -s /usr/include/gloo/algorithm.h
zlib1g-dev           pkg-config --exists zlib
libsqlite3-dev       pkg-config --exists sqlite3
libssl-dev           pkg-config --atleast-version=3.0 openssl
libboost1.81-dev     test -s /usr/include/boost/beast/version.hpp
ca-certificates      test -s /etc/ssl/certs/ca-certificates.crt
python3              python3 -c 'import sys; assert sys.version_info >= (3, 10)'
python3-venv         python3 -c 'import venv, ensurepip'
TABLE
}

setup_packages() {
  install_missing < <(needed_packages)
  [ "${C2C_ARROW:-}" != 1 ] || setup_arrow
}

# Optional: Parquet and Arrow files are read through this wheel's libraries (cmake/C2CArrow.cmake).
arrow_version=26.0.1
setup_arrow() {
  setup_venv
  [ ! -f "$venv/.arrow-$arrow_version" ] || return 0
  say "installing pyarrow $arrow_version (about 50 MB) into $venv"
  "$venv/bin/python" -m pip install --no-deps "pyarrow==$arrow_version" ||
    fail "pip could not install pyarrow==$arrow_version; without it Parquet and Arrow files cannot be read"
  touch "$venv/.arrow-$arrow_version"
}

# Reads `package probe` lines and installs what is missing; without root it says what to install.
install_missing() {
  local package probe missing=()
  while read -r package probe; do
    (eval "$probe") >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local command="apt-get install -y --no-install-recommends ${missing[*]}"
  local as_root=()
  command -v apt-get >/dev/null || fail "not a Debian system; please install what these Debian packages hold: ${missing[*]}"
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "missing packages, and neither root nor sudo here. As root: $command"
    as_root=(sudo)
  fi
  say "installing Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update || fail "apt-get update failed; is there a network? Still missing: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command </dev/null ||
    fail "apt-get could not install: ${missing[*]}"
}

# A LibTorch named by the user wins; then the private one. Prints the folder to put on CMAKE_PREFIX_PATH.
torch_dir() {
  local prefix found
  local IFS=:
  for prefix in ${CMAKE_PREFIX_PATH:-} $venv/lib/python3.*/site-packages/torch; do
    for found in "$prefix" "$prefix"/torch "$prefix"/lib/python3.*/site-packages/torch; do
      [ ! -f "$found/share/cmake/Torch/TorchConfig.cmake" ] || { echo "$found"; return 0; }
    done
  done
  return 1
}

setup_venv() {
  [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 || return 0
  local python
  for python in ${PYTHON:-} python3.11 python3 python3.12 python3.13; do
    "$python" -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 10)' 2>/dev/null || continue
    say "making a private virtual environment in $venv ($("$python" --version))"
    mkdir -p "$C2C_DEPS_DIR"
    "$python" -m venv --clear "$venv" && return 0
  done
  fail "no python3 (3.10 or newer) that can make a virtual environment; Debian: apt-get install python3-venv"
}

setup_torch() {
  if [ -n "${CMAKE_PREFIX_PATH:-}" ] && torch_dir >/dev/null; then
    say "using the LibTorch in $(torch_dir)"
    return 0
  fi
  # The stamp is written last: an installation that was cut off is done again.
  [ ! -f "$venv/.torch-$torch_version" ] || return 0
  setup_venv
  say "installing torch $torch_version (CPU build, about 190 MB) into $venv"
  "$venv/bin/python" -m pip install "torch==$torch_version+cpu" || fail "$(explain_torch)"
  touch "$venv/.torch-$torch_version"
}

# Python packages that some tests compare us with; the tests skip aloud without them.
setup_rivals() {
  setup_arrow
  "$venv/bin/python" -c 'import gguf, tokenizers' 2>/dev/null ||
    "$venv/bin/python" -m pip install gguf==0.19.0 tokenizers==0.21.4
}

explain_torch() {
  cat <<TEXT
pip could not install torch==$torch_version+cpu. One of these helps:
  - an index that offers the CPU builds (see "Get Started" on the PyTorch site): PIP_EXTRA_INDEX_URL=... ./run setup
  - its wheel in a folder: PIP_FIND_LINKS=/that/folder ./run setup
  - a LibTorch 2.13 that is already there, CPU or CUDA: CMAKE_PREFIX_PATH=/path/to/libtorch ./run build
TEXT
}
