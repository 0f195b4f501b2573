# The playground's page (web/). It is committed built: only who changes it, or checks it, needs node and npm.
web_tools() { command -v node >/dev/null && command -v npm >/dev/null; }

# What package-lock.json pins, into web/node_modules; scripts of packages are not run.
setup_web() {
  web_tools || fail "the page is built by node and npm (20 or newer); Debian: apt-get install nodejs npm"
  local stamp=web/node_modules/.c2c-lock
  ! cmp -s web/package-lock.json "$stamp" || return 0
  say "installing the playground's packages into web/node_modules"
  (cd web && npm ci --ignore-scripts --no-audit --no-fund) >&2 || fail "npm could not install the packages of web/package-lock.json"
  cp web/package-lock.json "$stamp"
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
