#!/usr/bin/env bash
# unit.sh C2C: systemd reads deploy/c2c.service without a complaint, it stops no sooner than the server's grace ends, and it
# stays as shut as it is. Skips (77) where there is no systemd-analyze.
set -euo pipefail
binary=$(realpath "$1")
unit=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../deploy/c2c.service
command -v systemd-analyze >/dev/null || {
  printf 'deploy/unit: Skipped\nthere is no systemd-analyze\n'
  exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The program must exist for `verify`; which page documents it is no matter of this machine's.
sed "s#/usr/local/bin/c2c#$binary#" "$unit" >"$folder/c2c.service"
complaints=$(systemd-analyze verify --man=no "$folder/c2c.service" 2>&1) || { echo "$complaints" >&2; exit 1; }
# An unknown or mistyped key is only a warning to systemd. It also warns of the machine's other units: theirs is not ours.
if grep -F "$folder/c2c.service" <<<"$complaints" >&2; then exit 1; fi

grace=$("$binary" serve --help | sed -n 's/.*--grace INT=\([0-9]*\).*/\1/p')
stop=$(sed -n 's/^TimeoutStopSec=//p' "$unit")
[ "$stop" -gt "$grace" ] || { echo "TimeoutStopSec=$stop is not more than --grace $grace" >&2; exit 1; }

# 1.3 when this was written, 9.6 for a unit that says nothing.
systemd-analyze security --offline=true --threshold=15 --no-pager "$folder/c2c.service" >"$folder/report" ||
  { cat "$folder/report" >&2; exit 1; }
tail -n 1 "$folder/report"
