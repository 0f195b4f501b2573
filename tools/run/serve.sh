# What is proved of `c2c serve` with programs that are not ours (tests/serve_clients) and under load (benchmarks/load).
clients=$C2C_DEPS_DIR/clients

# The clients of PyPI in a virtual environment of their own: they want versions that nothing else here does. The stamp is
# written last: an installation that was cut off is done again.
setup_clients() {
  local pins=tests/serve_clients/requirements.txt
  ! cmp -s "$pins" "$clients/.requirements" || return 0
  setup_venv
  say "installing the clients of $pins into $clients"
  "$venv/bin/python" -m venv --clear "$clients" || return 1
  "$clients/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins" || {
    say "pip could not install $pins"
    return 1
  }
  cp "$pins" "$clients/.requirements"
}

# OpenAI's clients, curl, prometheus_client, lm-eval and schemathesis ask the server on the demo's pair.
prove_clients() {
  setup_clients || return 1
  ! web_tools || npm_packages tests/serve_clients "OpenAI's" || return 1  # without node its check skips itself aloud
  "$clients/bin/python" tests/serve_clients/clients.py "$binary"
}

# Ten minutes of load over loopback; C2C_LOAD holds options (--seconds 10 --clients 16 is the quick version).
prove_load() { python3 benchmarks/serve_load.py "$binary" ${C2C_LOAD:-}; }
