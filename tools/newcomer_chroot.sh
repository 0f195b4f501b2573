#!/usr/bin/env bash
# The newcomer's proof: a fresh clone in a bare Debian 12 (debootstrap minbase), each verb twice: first as root with the
# network, then as a plain user in an empty network namespace.
#   tools/newcomer_chroot.sh [VERB...]      default: demo test
# CHROOT names the folder (default: a new one under /var/tmp, removed at the end; a named one is kept and used again).
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$repo/tools/chroot.sh"
verbs=("${@:-demo}")
[ $# -gt 0 ] || verbs=(demo test)
[ -n "${INSIDE_CHROOT_FOLDER:-}" ] || in_own_mounts newcomer "${verbs[@]}"
chroot_dir=$INSIDE_CHROOT_FOLDER
home=/home/newcomer/c2c

# as_root VERB, as_newcomer VERB
as_root() { chroot "$chroot_dir" env -i "${environment[@]}" HOME=/root sh -c "cd $home && ./run $1" </dev/null; }
as_newcomer() {
  (offline chroot "$chroot_dir" setpriv --reuid newcomer --regid newcomer --clear-groups --no-new-privs \
    env -i "${environment[@]}" HOME=/home/newcomer sh -c "cd $home && ./run $1" </dev/null)
}

bootstrap "$chroot_dir"
chroot "$chroot_dir" id newcomer >/dev/null 2>&1 || chroot "$chroot_dir" useradd --create-home newcomer
mount_system "$chroot_dir"
copy_client_settings "$chroot_dir"
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
