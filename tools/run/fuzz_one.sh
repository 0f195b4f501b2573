#!/usr/bin/env bash
# fuzz_one.sh TARGET SECONDS: fuzzes from the seeds in fuzz/corpus; what is new goes to the build folder.
set -euo pipefail
target=$1 seconds=$2
name=$(basename "$target" _fuzz)
found=build/fuzz/found/$name
mkdir -p "$found"
log=$found.log
if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$found-" -print_final_stats=1 \
  "$found" "fuzz/corpus/$name" >"$log" 2>&1; then
  echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs, nothing found"
else
  tail -n 60 "$log"
  echo "fuzz $name: FAILED; the input is $found-*, keep it in fuzz/corpus/$name once mended"
  exit 1
fi
