#!/bin/bash
# A stand-in for spark-vllm-docker's recipe runner: it turns a recipe into a launch script and calls launch-cluster.sh with it.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
plan=$(recipe "$here" "$@")
code=$?
# What it only had to say is said; a plan begins with a word of its own.
case $plan in
'PLAN '*) ;;
*) printf '%s\n' "$plan"; exit $code ;;
esac
image=''
eval "${plan#PLAN }" # image=… arguments=(…) script=… model=… download_only=… build_only=…
if [ "$needs_setup" = true ]; then
  echo 'No cluster configuration found.'
  prompt='Discover the cluster nodes now? [Y/n] '
elif ! docker image inspect "$image" >/dev/null 2>&1; then
  echo "Container image '$image' not found."
  prompt='Build now? [y/N] '
fi
if [ -n "${prompt:-}" ]; then
  if ! read -r -p "$prompt" answer; then
    printf '%s\nTraceback (most recent call last):\n  File "%s/run-recipe.py", line 1310, in <module>\n    sys.exit(main())\nEOFError: EOF when reading a line\n' "$prompt" "$here" >&2
    exit 1
  fi
  echo 'Error: nothing can be built here.'
  exit 1
fi
[ "$build_only" = false ] || { echo 'Nothing to build.'; exit 0; }
[ "$download" = false ] || "$here/hf-download.sh" "$model" || exit 1
[ "$download_only" = false ] || exit 0
file=$(mktemp) || exit 1
trap 'rm -f "$file"' EXIT
printf '%s\n' "$script" >"$file"
"$here/launch-cluster.sh" "${arguments[@]}" --launch-script "$file"
