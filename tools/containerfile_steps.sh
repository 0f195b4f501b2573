# Sourced by containerfile_chroot.sh: the instructions of a Containerfile, as far as ours uses them; what is not known here
# fails. A stage is a copy of the bare Debian in $folder/base.

# One instruction a line, without comments.
logical_lines() {
  sed -e '/^[[:space:]]*#/d' -e '/^[[:space:]]*$/d' "$1" | sed -e ':more' -e '/\\$/{N;s/\\\n[[:space:]]*//;b more' -e '}'
}

# json_words ARRAY TEXT: the exec form.
json_words() {
  mapfile -d '' -t "$1" < <(python3 -c 'import json, sys; sys.stdout.write("".join(w + "\0" for w in json.loads(sys.argv[1])))' "$2")
}

run_step() {
  local word=${1%% *} rest=${1#* }
  case $word in
    FROM) step_from $rest ;;
    ARG) step_arg "$rest" ;;
    ENV) read -ra words <<<"$rest" && image_environment+=("${words[@]}") ;;
    RUN) step_run "$rest" ;;
    COPY) step_copy $rest ;;
    WORKDIR) workdir=$rest && mkdir -p "$stage_dir$workdir" ;;
    VOLUME) mkdir -p "$stage_dir$rest" ;;
    USER) user=$rest ;;
    HEALTHCHECK) json_words health "${rest#*CMD }" ;;
    ENTRYPOINT) json_words entrypoint "$rest" ;;
    CMD | EXPOSE | STOPSIGNAL) ;;  # for whoever starts it
    *) echo "this script does not know $word" >&2 && return 1 ;;
  esac
}

# FROM debian:12-slim [AS NAME]
step_from() {
  [ "$1" = debian:12-slim ] || { echo "only debian:12-slim is here" >&2; return 1; }
  stage_dir=$folder/${3:-image}
  rm -rf --one-file-system "$stage_dir"
  cp -a "$folder/base" "$stage_dir"
  mount_system "$stage_dir"
  copy_client_settings "$stage_dir"
  workdir=/ user=0 image_environment=() arguments=()
}

# ARG NAME[=DEFAULT]: this script's environment is what --build-arg would be.
step_arg() {
  local name=${1%%=*}
  if [ -n "${!name+set}" ]; then
    arguments+=("$name=${!name}")
  elif [ "$name" != "$1" ]; then
    arguments+=("$1")
  fi
}

# RUN [--mount=type=cache,target=FOLDER] COMMAND. ccache's folder is this machine's own: what it has compiled, it has.
step_run() {
  local command=$1 target cache=$folder/cache
  if [[ $command =~ ^--mount=type=cache,target=([^ ]+)\ (.*)$ ]]; then
    target=${BASH_REMATCH[1]} command=${BASH_REMATCH[2]}
    [[ $target != */ccache ]] || ! command -v ccache >/dev/null || cache=$(ccache --get-config cache_dir)
    mkdir -p "$cache" "$stage_dir$target"
    mount --bind "$cache" "$stage_dir$target"
  fi
  # What an image's root has without a word: its home, and the machine's way to packages.
  chroot "$stage_dir" env -i "${environment[@]}" HOME=/root DEBIAN_FRONTEND=noninteractive "${arguments[@]}" \
    "${image_environment[@]}" sh -c "cd $workdir && $command"
  [ -z "${target:-}" ] || umount "$stage_dir$target"
}

# COPY [--from=STAGE] SOURCE... TARGET: of a folder its contents. Without a stage: the committed files.
step_copy() {
  local from=$folder/context source target=${!#}
  if [[ $1 = --from=* ]]; then
    from=$folder/${1#--from=}
    shift
  elif [ -z "${context_ready:-}" ]; then
    rm -rf "$from" && mkdir -p "$from"
    git -C "$repo" archive HEAD | tar -x -C "$from"
    context_ready=1
  fi
  [[ $target = /* ]] || target=$workdir/$target
  for source in "${@:1:$#-1}"; do
    if [ -d "$from/$source" ]; then
      mkdir -p "$stage_dir$target"
      cp -a --no-preserve=ownership "$from/$source/." "$stage_dir$target"
    else
      mkdir -p "$(dirname "$stage_dir$target")"
      cp --preserve=mode "$from/$source" "$stage_dir$target"
    fi
  done
}
