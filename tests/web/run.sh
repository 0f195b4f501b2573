#!/usr/bin/env bash
# run.sh C2C [SCREENSHOTS]: the playground's test, or why it cannot run here (exit status 77, which ctest calls skipped).
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$here/../..
models=${C2C_DEPS_DIR:-$root/.deps}/models
skip() {
  printf 'playground: Skipped\n%s\n' "$*"
  exit 77
}
command -v node >/dev/null || skip "there is no node"
[ -d "$root/web/node_modules/playwright-core" ] || skip "the page's packages are missing: ./run web"
[ -x "${C2C_CHROMIUM:-/usr/bin/chromium}" ] || skip "there is no chromium (Debian: apt-get install chromium)"
for model in smollm2-135m-instruct gemma-3-270m; do
  [ -f "$models/$model.gguf" ] || skip "$model.gguf is missing: ./run fetch"
done
exec node "$here/playground_test.mjs" "$1" "$root/presets/smollm2-135m+gemma3-270m.yaml" "${@:2}"
