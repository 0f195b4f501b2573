# `./run ci`: the suite and every check of the house; the closing line counts tests and checks.
ci_passed=0
ci_failed=()

format_files() { git ls-files -z -- '*.h' '*.cpp'; }

# check NAME COMMAND...: a check that fails is counted and the next one still runs.
check() {
  local name=$1 started=$SECONDS
  shift
  say "check: $name"
  if "$@"; then
    ci_passed=$((ci_passed + 1))
  else
    ci_failed+=("$name")
  fi
  say "$name took $((SECONDS - started)) s"
}

# check_tests FOLDER: every test of a build folder counts by itself.
check_tests() {
  local started=$SECONDS log failed=0 total
  log=$(mktemp)
  say "tests of $1"
  run_ctest "$1" --no-tests=error 2>&1 | tee "$log" || true
  total=$(sed -n 's/^.* tests failed out of \([0-9]*\)$/\1/p' "$log")
  failed=$(sed -n 's/^.*, \([0-9]*\) tests failed out of .*$/\1/p' "$log")
  if [ -z "$total" ]; then
    ci_failed+=("ctest in $1 did not finish")
  else
    ci_passed=$((ci_passed + total - failed))
    for ((i = 0; i < failed; ++i)); do ci_failed+=("a test in $1"); done
  fi
  report_skips "$1"
  rm -f "$log"
  say "the tests of $1 took $((SECONDS - started)) s"
}

check_format() { format_files | xargs -0 clang-format-19 --dry-run -Werror; }

build_preset() { quietly cmake --preset "$1" && cmake --build "build/$1" -j "$(jobs_for_memory)"; }

# fuzz SECONDS: every target, as many at once as there are cores; a crashing input is kept and named.
fuzz() {
  mkdir -p build/fuzz/found
  find build/fuzz/fuzz -maxdepth 1 -name '*_fuzz' -type f -print0 |
    xargs -0 -P "$(nproc)" -I{} bash tools/run/fuzz_one.sh {} "$1"
}

slowest_files() {
  say "the ten slowest files to compile (seconds):"
  awk '$4 ~ /\.o$|\.gch$/ {seconds[$4] = ($2 - $1) / 1000} END {for (f in seconds) printf "%8.1f  %s\n", seconds[f], f}' \
    "$1/.ninja_log" | sort -rn | sed -n '1,10p' >&2  # head would end before sort has written all
}

setup_checks() {
  install_missing <<'TABLE'
git                  command -v git
ccache               command -v ccache
mold                 command -v mold
clang-format-19      command -v clang-format-19
clang-19             command -v clang++-19
libclang-rt-19-dev   compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*'
wordnet-base         test -f /usr/share/wordnet/data.noun
TABLE
}

ci() {
  setup_packages
  setup_checks
  setup_torch
  setup_rivals
  fetch_models
  fetch_tokenizers
  check format check_format
  check layers python3 tools/check_layers.py
  check "the checkers' own tests" python3 -m unittest discover -q -s tools -p '*_test.py'
  check sizes python3 tools/check_sizes.py
  check "the committed playground" check_web
  build -DC2C_WERROR=ON
  slowest_files build/release
  check_tests build/release
  # One build for both: what clang compiles with sanitizers and coverage serves the tests as well as the fuzzers.
  check "sanitizer build" build_preset fuzz
  check_tests build/fuzz
  check "fuzzing, ${FUZZ_SECONDS:-15} s a target" fuzz "${FUZZ_SECONDS:-15}"
  [ ${#ci_failed[@]} = 0 ] || printf 'failed: %s\n' "${ci_failed[@]}" >&2
  echo "$ci_passed passed, ${#ci_failed[@]} failed"
  [ ${#ci_failed[@]} = 0 ]
}
