# The playground's page (web/). It is committed built: only who changes it, or checks it, needs node and npm.
web_tools() { command -v node >/dev/null && command -v npm >/dev/null; }

# npm_packages FOLDER WHOSE: what FOLDER/package-lock.json pins, into its node_modules; scripts of packages are not run.
npm_packages() {
  local stamp=$1/node_modules/.c2c-lock
  ! cmp -s "$1/package-lock.json" "$stamp" || return 0
  say "installing $2 packages into $1/node_modules"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) >&2 || {
    say "npm could not install the packages of $1/package-lock.json"
    return 1
  }
  cp "$1/package-lock.json" "$stamp"
}

setup_web() {
  web_tools || fail "the page is built by node and npm (20 or newer); Debian: apt-get install nodejs npm"
  npm_packages web "the playground's" || exit 1
}

build_web() {
  setup_web
  (cd web && npm run --silent types && npm run --silent build)
}

# The committed page is what the sources give, byte for byte.
check_web() {
  web_tools || { say "skipped: whether the committed playground is what web/src gives: there is no node"; return 0; }
  setup_web
  (cd web && npm run --silent types && node build.mjs --check)
}
