# Sourced by newcomer_chroot.sh and containerfile_chroot.sh: a bare Debian 12 (debootstrap minbase) in a folder.
# Where packages, wheels and npm archives come from is read from this machine's own configuration at run time.
say() { printf '### %s\n' "$*"; }

# in_own_mounts NAME ARGS...: runs the sourcing script again with INSIDE_CHROOT_FOLDER set, in a mount namespace of its
# own: nothing stays mounted, whatever happens. CHROOT names the folder (default: a new one under /var/tmp, removed at the
# end; a named one is kept and used again).
in_own_mounts() {
  [ "$(id -u)" = 0 ] || { echo "needs root, for chroot" >&2; exit 1; }
  command -v debootstrap >/dev/null || apt-get install -y debootstrap
  command -v ip >/dev/null || apt-get install -y iproute2
  local status=0 folder=${CHROOT:-$(mktemp -d "/var/tmp/$1.XXXXXX")}
  shift
  mkdir -p "$folder"
  chmod 755 "$folder"  # it becomes / of the plain user
  INSIDE_CHROOT_FOLDER=$folder unshare --mount --propagation private bash "$0" "$@" || status=$?
  if [ -z "${CHROOT:-}" ]; then
    ! grep -q " $folder" /proc/self/mounts || { echo "something is still mounted below $folder; it stays" >&2; exit 1; }
    rm -rf --one-file-system "$folder" "$folder.log"
  fi
  exit $status
}

# bootstrap FOLDER: unless it is there.
bootstrap() {
  [ ! -d "$1/etc" ] || return 0
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  say "debootstrap into $1"
  debootstrap --variant=minbase bookworm "$1" "$mirror" >"$1.log" 2>&1 || { tail "$1.log"; exit 1; }
  rm -f "$1/etc/apt/sources.list"
  cp -r /etc/apt/apt.conf.d "$1/etc/apt/"
  cp /etc/apt/sources.list.d/*.sources "$1/etc/apt/sources.list.d/" 2>/dev/null || true
  [ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$1/etc/apt/"
  cp -r /usr/share/keyrings "$1/usr/share/"
}

mount_system() {
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
}

# copy_client_settings FOLDER: what this machine's pip and npm know: their settings, the files and folders these name,
# the certificates. Sets the array `environment`.
copy_client_settings() {
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/machine-certificates.crt"
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
      [[ $folder != /* || ! -f $folder ]] || install -D -m 644 "$folder" "$1$folder"
      [ -d "$folder" ] || continue
      mkdir -p "$1$folder"
      mount --bind -o ro "$folder" "$1$folder"
      # a `simple` index refers to files beside it
      [ "$(basename "$folder")" != simple ] || mount --bind -o ro "$(dirname "$folder")" "$1$(dirname "$folder")"
    done
  done < <(python3 -m pip config list)
  if command -v npm >/dev/null; then
    environment+=("npm_config_registry=$(npm config get registry)")
  fi
}

# offline COMMAND...: as a laptop in a train, no interface but the loopback. The process stays the one that was started.
offline() { exec unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"; }
