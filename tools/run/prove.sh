# `./run prove [STEP...]`: what is too long for CI. Without steps, all of them; each says what it shows.
prove_steps=(fuzz tidy parity memory speed clients load newcomer deploy)
demo_run_file=presets/smollm2-135m+gemma3-270m.yaml

prove() {
  local step
  setup_packages
  setup_torch
  fetch_models
  fetch_tokenizers
  build
  [ $# -gt 0 ] || set -- "${prove_steps[@]}"
  for step in "$@"; do
    declare -F "prove_$step" >/dev/null || fail "unknown step '$step'; there are: ${prove_steps[*]}"
    check "$step" "prove_$step"
  done
  [ ${#ci_failed[@]} = 0 ] || printf 'failed: %s\n' "${ci_failed[@]}" >&2
  echo "$ci_passed passed, ${#ci_failed[@]} failed"
  [ ${#ci_failed[@]} = 0 ]
}

# Five minutes a target, from the seeds and from what earlier runs found.
prove_fuzz() { setup_checks && build_preset fuzz && fuzz "${FUZZ_SECONDS:-300}"; }

# clang-tidy over the torch-free folders (LibTorch's headers take half a minute each).
prove_tidy() {
  install_missing <<<"clang-tidy-19 command -v clang-tidy-19"
  quietly cmake --preset asan || return 1
  grep -o '"file": "[^"]*/c2c/[^"]*"' build/asan/compile_commands.json | cut -d'"' -f4 | sort -u |
    xargs -P "$(nproc)" -n 4 clang-tidy-19 -p build/asan --quiet --warnings-as-errors='*'
}

# Ids and offsets over 2 MB of mixed text, and the speed, against PyPI tokenizers in the same run.
prove_parity() {
  setup_rivals || return 1
  build -DC2C_BENCHMARKS=ON
  "$venv/bin/python" tools/tokenizer_parity.py --driver build/release/benchmarks/tokenizer_bench &&
    "$venv/bin/python" benchmarks/tokenizer_bench.py
}

# Peak memory of the real pair in bf16 against the bound: 1.3 weights + caches + a bare program + 100 MiB.
prove_memory() {
  "$binary" generate --config "$demo_run_file" --dtype bf16 -p 'What does the word "lantern" mean?' --json |
    python3 tools/check_memory.py "$("$binary" doctor --baseline)"
}

prove_speed() { bench; }

prove_newcomer() { tools/newcomer_chroot.sh demo test; }

# The image that deploy/Containerfile describes, built and asked in chroots.
prove_deploy() { tools/containerfile_chroot.sh; }

# The micro-benchmarks; one JSON line each. Program and arguments.
benchmark_runs() {
  cat <<TABLE
fused_ttft $models/smollm2-135m-instruct.gguf $models/gemma-3-270m.gguf 512 32 bf16 1024
fused_ttft $models/smollm2-135m-instruct.gguf $models/gemma-3-270m.gguf 512 32 f32 1024
TABLE
}

# Everything of `c2c bench` on the demo's pair (arguments go to it), then the micro-benchmarks. Rivals take part where
# C2C_PYTHON, C2C_LLAMA_PYTHON and C2C_REF say where they are.
bench() {
  local words formats=(--weights bf16,q8,q4)
  setup_packages
  setup_torch
  fetch_models
  fetch_tokenizers
  build -DC2C_BENCHMARKS=ON
  [ $# = 0 ] || formats=()
  "$binary" bench "${formats[@]}" "$@" || return 1
  while read -ra words; do
    say "${words[*]}"
    "build/release/benchmarks/${words[0]}" "${words[@]:1}" </dev/null || return 1
  done < <(benchmark_runs)
}
