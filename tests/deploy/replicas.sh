#!/usr/bin/env bash
# replicas.sh C2C: deploy/nginx.conf before two replicas on the loopback. A stream comes through piece by piece; its replica is
# stopped in the middle: it ends whole, and what is asked meanwhile is answered by the other one. Without grace the
# stream ends with an error instead. Skips (77) where there is no nginx or no model.
set -euo pipefail
binary=$(realpath "$1")
root=$(realpath "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..")
export C2C_DEPS_DIR=$(realpath -m "${C2C_DEPS_DIR:-$root/.deps}")
run_file=$root/presets/smollm2-135m+gemma3-270m.yaml
skip() {
  printf 'deploy/replicas: Skipped\n%s\n' "$*"
  exit 77
}
PATH=$PATH:/usr/sbin
command -v nginx >/dev/null || skip "there is no nginx (Debian: apt-get install nginx-light)"
command -v curl >/dev/null || skip "there is no curl"
for model in smollm2-135m-instruct gemma-3-270m; do
  [ -f "$C2C_DEPS_DIR/models/$model.gguf" ] || skip "$model.gguf is missing: ./run fetch"
done

folder=$(mktemp -d)
declare -A port process
ended() {
  kill -KILL "${process[@]}" 2>/dev/null || true
  [ ! -f "$folder/nginx.pid" ] || kill "$(cat "$folder/nginx.pid")" || true
  rm -rf "$folder"
}
trap ended EXIT
fail() {
  printf 'replicas: %s\n' "$*" >&2
  tail -n 20 "$folder"/*.log >&2
  exit 1
}
# until_true COMMAND...: for at most a minute.
until_true() {
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "after a minute still not: $*"
}
healthy() { curl -sf "http://127.0.0.1:$1/health"; }

# start GRACE: both, on the ports that they had.
start() {
  local name
  for name in one two; do
    : >"$folder/$name.log"
    "$binary" serve "$run_file" --port "${port[$name]:-0}" --grace "$1" --metrics 2>"$folder/$name.log" &
    process[$name]=$!
    until_true grep -q 'listening on' "$folder/$name.log"
    port[$name]=$(sed -n 's/.*listening on .*:\([0-9]*\),.*/\1/p' "$folder/$name.log")
  done
  for name in one two; do until_true healthy "${port[$name]}"; done
}
# stop NAME: and its exit status must be 0.
stop() {
  kill -TERM "${process[$1]}"
  wait "${process[$1]}" || fail "$1 ended with $?"
}

start_nginx() {
  front=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  {
    printf 'pid %s/nginx.pid; error_log %s/nginx.log; worker_processes 1; events {}\n' "$folder" "$folder"
    printf 'http { access_log %s/access.log; client_body_temp_path %s/temp; ' "$folder" "$folder"
    printf '%s_temp_path '"$folder/temp; " proxy fastcgi uwsgi scgi
    sed -e "s/:8080/:$front/" -e "s/:8081/:${port[one]}/" -e "s/:8082/:${port[two]}/" "$root/deploy/nginx.conf"
    printf '}\n'
  } >"$folder/nginx.conf"
  nginx -t -q -e "$folder/nginx.log" -c "$folder/nginx.conf" || fail "nginx refuses deploy/nginx.conf"
  nginx -e "$folder/nginx.log" -c "$folder/nginx.conf"
}

# body TOKENS STREAM
body() {
  printf '{"messages": [{"role": "user", "content": "What is a lantern?"}], "max_tokens": %d, "stream": %s, "ignore_eos": true}' "$1" "$2"
}
post() { curl -sN --max-time 120 "http://127.0.0.1:$1/v1/chat/completions" -H 'Content-Type: application/json' -d "$2"; }

# Not grep -q: it would close the pipe at the first match, and curl's complaint would read as "not running".
running() { curl -s "http://127.0.0.1:${port[$1]}/metrics" | grep -x 'vllm:num_requests_running 1' >/dev/null; }
# find_busy: sets busy and idle: the replica that answers, and the other one. Each is asked once a try: between two
# questions a request may just have ended or begun.
is_busy() {
  if running one; then
    busy=one idle=two
  elif running two; then
    busy=two idle=one
  else
    return 1
  fi
}
find_busy() { until_true is_busy; }
# begin_stream TOKENS: through nginx, into $folder/stream.
begin_stream() {
  : >"$folder/stream"
  post "$front" "$(body "$1" true)" >"$folder/stream" &
  stream=$!
  until_true grep -q '"content":"' "$folder/stream"
  find_busy
}
text() { python3 -c 'import json, sys; print(json.load(sys.stdin)["choices"][0]["message"]["content"])'; }

stopped_with_grace() {
  local n
  begin_stream 400
  kill -TERM "${process[$busy]}"
  until_true eval '! healthy "${port[$busy]}"'
  for n in 1 2 3; do
    [ "$(post "$front" "$(body 12 false)" | text)" = "$expected" ] || fail "request $n of those meanwhile has another answer"
  done
  ! grep -q '\[DONE\]' "$folder/stream" || fail "the stream was over before it could be disturbed; make it longer"
  wait "$stream" || fail "the stream's connection broke: curl says $?"
  grep -q '\[DONE\]' "$folder/stream" || fail "the stream did not end whole"
  wait "${process[$busy]}" || fail "it ended with $?"
  echo "stopped with grace: 3 requests went to the other replica, the stream ended whole"
  stop "$idle"
}

stopped_without_grace() {
  begin_stream 2000
  stop "$busy"
  wait "$stream" || fail "the stream's connection broke: curl says $?"
  grep -q '"shutting_down"' "$folder/stream" || fail "the stream does not say why it ended"
  ! grep -q '\[DONE\]' "$folder/stream" || fail "the stream claims to be whole"
  echo "stopped without grace: the stream ended with $(tail -n 2 "$folder/stream" | head -n 1 | cut -c 1-120)"
  stop "$idle"
}

# What no grace can help: the reply had not begun, so nginx asks the other one.
killed() {
  post "$front" "$(body 200 false)" >"$folder/reply" &
  local reply=$!
  find_busy
  disown "${process[$busy]}"  # bash would report that it was killed
  kill -KILL "${process[$busy]}"
  wait "$reply" || fail "curl says $?"
  text <"$folder/reply" >/dev/null || fail "no answer: $(cat "$folder/reply")"
  echo "killed: the request was answered by the other replica"
}

start 60
start_nginx
expected=$(post "${port[one]}" "$(body 12 false)" | text)
[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$front/metrics")" = 404 ] || fail "/metrics is open"
stopped_with_grace
start 0
until_true healthy "$front"
stopped_without_grace
start 0
until_true healthy "$front"
killed
