import type { Argv } from '../names.ts'

/**
 * `sh -c` with a fixed script of ours and its arguments, as one argv. A word of an argv has no newlines, so the lines are joined by blanks: each of them
 * ends as it must stand before the next.
 */
export const scriptArgv = (name: string, script: string, ...words: readonly string[]): Argv => [
  ...['sh', '-c', script.trim().split(/\n\s*/).join(' ')],
  name,
  ...words,
]

/** `~` of cluster.yaml is the home of the SSH user, which only the host knows. */
export const expanding = `
expand() {
  case $1 in
  '~') printf '%s' "$HOME" ;;
  '~/'*) printf '%s/%s' "$HOME" "\${1#??}" ;;
  *) printf '%s' "$1" ;;
  esac;
};
`

/** `roots` holds the allowed folders, all links resolved, one a line; `inside` tells of a resolved path whether it lies in one of them. */
export const guarding = `
nl=$(printf '\\nx');
nl=\${nl%x};
roots=;
allow() {
  for root; do
    root=$(readlink -e -- "$(expand "$root")") && [ -d "$root" ] && roots=$roots$root$nl;
  done;
};
inside() {
  case $1 in *"$nl"*) return 1 ;; esac;
  found=1;
  IFS=$nl;
  set -f;
  for root in $roots; do
    case "$1/" in "\${root%/}"/*) found=0 ;; esac;
  done;
  unset IFS;
  set +f;
  return $found;
};
`

/** `weigh DIR` prints what weights lie in a folder: kind, files, bytes. Links are followed: a snapshot of the Hugging Face cache is made of them. */
export const weighing = `
weigh() {
  find -L "$1" -maxdepth 1 -type f "(" -name "*.safetensors" -o -name "*.bin" -o -name "*.gguf" ")" ! -name training_args.bin -printf "%s %f\\n" 2>/dev/null |
  awk '{
    kind = /\\.gguf$/ ? "gguf" : /\\.bin$/ ? "bin" : /consolidated[^ ]*$/ ? "consolidated" : "safetensors";
    files[kind]++;
    bytes[kind] += $1;
  }
  END { for (kind in files) printf "weights %s %.0f %.0f\\n", kind, files[kind], bytes[kind] }';
};
shards_missing() {
  [ -f "$1/model.safetensors.index.json" ] || return 1;
  [ -n "$(grep -o '"[^"/]*\\.safetensors"' "$1/model.safetensors.index.json" | sort -u | tr -d '"' |
    while read -r shard; do [ -e "$1/$shard" ] || echo "$shard"; done)" ];
};
show_config() {
  [ -f "$1/config.json" ] || return 0;
  printf 'config\\n';
  head -c 262144 "$1/config.json";
};
`
