# Shared by the parts of ./run: words to the user, parallelism, configuring.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
  printf 'run: %s\n' "$*" >&2
  exit 1
}
[ -t 2 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '==> %s\n' "$*" >&2; }

# A file that includes LibTorch takes up to 2 GB to compile.
jobs_for_memory() {
  local by_memory
  by_memory=$(awk '/^MemAvailable/ {print int($2 / 2e6)}' /proc/meminfo)
  echo "${JOBS:-$(printf '%s\n' "$(nproc)" "$((by_memory > 1 ? by_memory : 1))" | sort -n | head -n 1)}"
}

configure_release() {
  local torch
  torch=$(torch_dir) || fail "no LibTorch: run ./run setup"
  CMAKE_PREFIX_PATH=$torch${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH} quietly cmake --preset release "$@"
}

# The output of a command that only matters when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    say "failed: $*"
    return 1
  fi
  rm -f "$log"
}

# run_ctest FOLDER [ARGS]: the private Python checks that torch.load takes our files. Idle OpenMP threads sleep instead
# of spinning: several test programs share the cores.
run_ctest() {
  local folder=$1
  shift
  [ ! -f "$venv/.torch-$torch_version" ] || export C2C_PYTHON=${C2C_PYTHON:-$venv/bin/python}
  OMP_WAIT_POLICY=passive ctest --test-dir "$folder" -j "$(nproc)" --output-on-failure "$@"
}

# ctest hides what passed, and a test that skipped itself counts as passed: say it.
report_skips() {
  local log=$1/Testing/Temporary/LastTest.log reasons
  [ -f "$log" ] || return 0
  reasons=$(awk '/: Skipped$/ {getline; print}' "$log" | sort | uniq -c)
  [ -z "$reasons" ] || say "tests that skipped themselves, and why:"$'\n'"$reasons"
}
