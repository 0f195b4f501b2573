#!/usr/bin/env bash
# The newcomer's proof: a fresh clone in a bare Debian 12 (debootstrap minbase), each verb twice: first as root with the
# network, then as a plain user in an empty network namespace.
#   tools/newcomer_chroot.sh [VERB...]      default: demo test
# Where packages, wheels and npm archives come from is read from this machine's own configuration at run time.
# CHROOT names the folder (default: a new one under /var/tmp, removed at the end; a named one is kept and used again).
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
verbs=("${@:-demo}")
[ $# -gt 0 ] || verbs=(demo test)
say() { printf '### %s\n' "$*"; }

if [ -z "${NEWCOMER_INSIDE:-}" ]; then  # a mount namespace of our own: nothing stays mounted, whatever happens
  [ "$(id -u)" = 0 ] || { echo "needs root, for chroot" >&2; exit 1; }
  command -v debootstrap >/dev/null || apt-get install -y debootstrap
  command -v ip >/dev/null || apt-get install -y iproute2
  folder=${CHROOT:-$(mktemp -d /var/tmp/newcomer.XXXXXX)}
  chmod 755 "$folder"  # it becomes / of the plain user
  status=0
  NEWCOMER_INSIDE=$folder unshare --mount --propagation private bash "${BASH_SOURCE[0]}" "${verbs[@]}" || status=$?
  if [ -z "${CHROOT:-}" ]; then
    ! grep -q " $folder" /proc/self/mounts || { echo "something is still mounted below $folder; it stays" >&2; exit 1; }
    rm -rf --one-file-system "$folder" "$folder.log"
  fi
  exit $status
fi

chroot_dir=$NEWCOMER_INSIDE
home=/home/newcomer/c2c

bootstrap() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  say "debootstrap into $chroot_dir"
  debootstrap --variant=minbase bookworm "$chroot_dir" "$mirror" >"$chroot_dir.log" 2>&1 || { tail "$chroot_dir.log"; exit 1; }
  rm -f "$chroot_dir/etc/apt/sources.list"
  cp -r /etc/apt/apt.conf.d "$chroot_dir/etc/apt/"
  cp /etc/apt/sources.list.d/*.sources "$chroot_dir/etc/apt/sources.list.d/" 2>/dev/null || true
  [ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$chroot_dir/etc/apt/"
  cp -r /usr/share/keyrings "$chroot_dir/usr/share/"
  chroot "$chroot_dir" useradd --create-home newcomer
}

# What this machine's pip and npm know: their settings, the folders these name, the certificates.
copy_client_settings() {
  cp -L /etc/resolv.conf /etc/hosts "$chroot_dir/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$chroot_dir/etc/machine-certificates.crt"
  environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
    PIP_CERT=/etc/machine-certificates.crt NODE_EXTRA_CA_CERTS=/etc/machine-certificates.crt
    npm_config_cafile=/etc/machine-certificates.crt)
  local key value words folder
  while IFS='=' read -r key value; do
    key=${key##*.}
    value=${value#\'} value=${value%\'}
    [ "$key" = cert ] || environment+=("PIP_$(tr 'a-z-' 'A-Z_' <<<"$key")=$value")
    read -ra words <<<"$value"
    for folder in "${words[@]#file://}"; do
      [ -d "$folder" ] || continue
      mkdir -p "$chroot_dir$folder"
      mount --bind -o ro "$folder" "$chroot_dir$folder"
      # a `simple` index refers to files beside it
      [ "$(basename "$folder")" != simple ] || mount --bind -o ro "$(dirname "$folder")" "$chroot_dir$(dirname "$folder")"
    done
  done < <(python3 -m pip config list)
  if command -v npm >/dev/null; then
    environment+=("npm_config_registry=$(npm config get registry)")
  fi
}

# as_root VERB, as_newcomer VERB
as_root() { chroot "$chroot_dir" env -i "${environment[@]}" HOME=/root sh -c "cd $home && ./run $1" </dev/null; }
as_newcomer() {
  # Offline as a laptop is: no interface but the loopback.
  unshare --net sh -c 'ip link set lo up && exec "$@"' sh chroot "$chroot_dir" setpriv --reuid newcomer --regid newcomer --clear-groups --no-new-privs \
    env -i "${environment[@]}" HOME=/home/newcomer sh -c "cd $home && ./run $1" </dev/null
}

[ -d "$chroot_dir/etc" ] || bootstrap
mount -t proc proc "$chroot_dir/proc"
mount --rbind /dev "$chroot_dir/dev"
copy_client_settings
rm -rf "$chroot_dir$home"
git clone --quiet --no-hardlinks "file://$repo" "$chroot_dir$home"
say "fresh clone of $(git -C "$repo" log -1 --format='%h %s')"

results=()
for who in as_root as_newcomer; do
  for verb in "${verbs[@]}"; do
    say "$who: ./run $verb"
    started=$SECONDS
    status=0
    $who "$verb" || status=$?
    results+=("$(printf '%-12s ./run %-6s exit %d, %4d s' $who "$verb" $status $((SECONDS - started)))")
  done
  chown -R --reference="$chroot_dir/home/newcomer" "$chroot_dir$home"
done
say "results (as_newcomer: no root, no network)"
printf '%s\n' "${results[@]}"
! printf '%s\n' "${results[@]}" | grep -qv 'exit 0,'
