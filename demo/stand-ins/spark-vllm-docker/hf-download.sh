#!/bin/bash
# A stand-in for spark-vllm-docker's download script: Hugging Face's own tool by uvx, then a copy to the other nodes where that is asked for.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
copy=false hosts='' parallel=false user='' config=$here/.env model=''

usage() {
  echo "Usage: $0 [-c|--copy-to [host1,host2,...]] [--copy-parallel] [-u|--user <user>] [--config <file>] <model>"
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
  -c | --copy-to)
    copy=true
    # Hosts may follow; the model comes last, and has a slash in it.
    while [ $# -gt 2 ] && [[ $2 != -* && $2 != */* ]]; do hosts+="${hosts:+ }${2//,/ }"; shift; done
    ;;
  --copy-parallel) parallel=true ;;
  -u | --user) user=$2; shift ;;
  --config) config=$2; shift ;;
  -h | --help) usage ;;
  -*) echo "Unknown option: $1"; usage ;;
  *) model=$1 ;;
  esac
  shift
done
[ -n "$model" ] || { echo 'Error: Model name is required.'; usage; }
command -v uvx >/dev/null || { echo 'Error: uvx is not installed. See https://docs.astral.sh/uv/'; exit 1; }
if [ "$copy" = true ] && [ -z "$hosts" ] && [ -f "$config" ]; then
  hosts=$(sed -n 's/^COPY_HOSTS="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$config")
  hosts=${hosts//,/ }
fi
[ "$copy" = false ] || [ -n "$hosts" ] || { echo 'Error: No hosts to copy to.'; exit 1; }

echo "Downloading model '$model'..."
uvx hf download "$model" || { echo 'Error: Download failed.'; exit 1; }
dir=${HF_HOME:-$HOME/.cache/huggingface}/hub/models--${model//\//--}
[ -d "$dir" ] || { echo "Error: $dir is not there after the download."; exit 1; }

copy_to() { # host
  echo "Copying to $1..."
  rsync -av --mkpath --progress "$dir" "${user:+$user@}$1:${dir%/*}/" || { echo "Error: Copy to $1 failed."; return 1; }
}
failed=0 running=()
for host in $hosts; do
  if [ "$parallel" = true ]; then copy_to "$host" & running+=($!); else copy_to "$host" || failed=1; fi
done
for pid in "${running[@]}"; do wait "$pid" || failed=1; done
[ "$failed" = 0 ] && echo 'Done.'
exit "$failed"
