#!/usr/bin/env bash
# The proof of deploy/Containerfile where no image registry can be reached: its stages run, instruction by instruction, in
# bare Debian 12 chroots; then the image is started as a container would be (its user, its environment, read-only, no
# network but the loopback) and asked for an answer.
#   tools/containerfile_chroot.sh [CONTAINERFILE]
# Values of ARG come from the environment; C2C_DEPS_DIR is where the demo's models are (./run fetch). CHROOT: tools/chroot.sh.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/tools/chroot.sh"
. "$repo/tools/containerfile_steps.sh"
containerfile=$(realpath "${1:-$repo/deploy/Containerfile}")
models=$(realpath "${C2C_DEPS_DIR:-$repo/.deps}")
run_file=presets/smollm2-135m+gemma3-270m.yaml
[ -d "$models/models" ] || { echo "no models in $models: ./run fetch" >&2; exit 1; }
[ -n "${INSIDE_CHROOT_FOLDER:-}" ] || in_own_mounts containerfile "$containerfile"
folder=$INSIDE_CHROOT_FOLDER

in_its_network() { nsenter --net="/proc/$server/ns/net" "$@"; }

# Sets as_container: what a command of the image is started with. The image's root is read-only by then.
start_server() {
  mount --bind "$stage_dir" "$stage_dir"  # without what is mounted below it: pip's folders are no part of the image
  mount_system "$stage_dir"
  mount --bind -o ro "$models" "$stage_dir/models"
  mount -t tmpfs tmpfs "$stage_dir/tmp"
  mount -o remount,bind,ro "$stage_dir"
  as_container=(chroot "$stage_dir" setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs
    --bounding-set=-all --inh-caps=-all env -i "${image_environment[@]}" sh -c 'cd "$0" && exec "$@"' "$workdir")
  (offline "${as_container[@]}" "${entrypoint[@]}" "$run_file") &
  server=$!
  # Until it is in its own network, a question would reach somebody else's server.
  while [ "$(readlink "/proc/$server/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
}

wait_healthy() {
  local tries
  for ((tries = 0; tries < 1500; ++tries)); do
    kill -0 "$server" 2>/dev/null || { echo "the server ended" >&2; return 1; }
    ! in_its_network "${as_container[@]}" "${health[@]}" 2>/dev/null || return 0
    sleep 0.2
  done
  echo "not healthy for too long" >&2
  return 1
}

ask() {
  in_its_network curl -sSf --max-time 300 http://127.0.0.1:8080/v1/chat/completions \
    -H 'Content-Type: application/json' \
    -d '{"messages": [{"role": "user", "content": "What does the word \"lantern\" mean?"}], "max_tokens": 32}' |
    python3 -c 'import json, sys; text = json.load(sys.stdin)["choices"][0]["message"]["content"]; assert text; print(text)'
}

bootstrap "$folder/base"
while IFS= read -r line; do
  say "$line"
  run_step "$line" </dev/null
done < <(logical_lines "$containerfile")
say "the image is Debian and $(du -sh "$stage_dir/opt/c2c" | cut -f1) in /opt/c2c"
start_server
trap 'kill -KILL "$server" 2>/dev/null || true' EXIT
wait_healthy
say "healthy as user $user: $(in_its_network curl -sS http://127.0.0.1:8080/health)"
say "resident: $(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$server/status") MiB; its answer:"
ask
kill -TERM "$server"
status=0
wait "$server" || status=$?
say "SIGTERM: it ended with $status"
exit "$status"
