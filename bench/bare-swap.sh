#!/bin/bash
# A swap as one would script it by hand: the same commands on the host, and the same things waited for, but nothing recorded, checked or undone.
# Looks at everything each 0.1 s. Runs over the SSH connection that is open already (the control socket in the configuration file).
#   bare-swap.sh <ssh config> <container> <stop grace in s> <port> <memory needed in KiB> <served name> <weights> <launcher's words>…
set -euo pipefail
config=$1 container=$2 grace_s=$3 port=$4 need_kib=$5 name=$6 weights=$7
shift 7
url=http://127.0.0.1:$port

on_host() { ssh -F "$config" spark "$@" </dev/null; }
fail() { echo "$1" >&2; exit 1; }

# There may be nothing to stop: what is left afterwards counts.
on_host "docker stop --time $grace_s $container >/dev/null 2>&1; docker rm --force $container >/dev/null 2>&1; true"
on_host "
  container_gone() { ! docker ps --all --no-trunc --format '{{json .}}' | grep -q '\"Names\":\"$container\"'; }
  port_free() { ! bash -c ': < /dev/tcp/127.0.0.1/$port' 2>/dev/null; }
  memory_back() { [ \$(awk '/^MemAvailable:/ { print \$2 }' /proc/meminfo) -ge $need_kib ]; }
  until container_gone && port_free && memory_back; do sleep 0.1; done
"

on_host "$(printf '%q ' "$@")" >&2
until curl --fail --silent --output /dev/null --max-time 2 "$url/health"; do sleep 0.1; done

complete() {
  curl --fail --silent --header 'content-type: application/json' "$url/v1/chat/completions" \
    --data "{\"model\":\"$name\",\"max_tokens\":16,\"messages\":[{\"role\":\"user\",\"content\":\"$1\"}]}" | grep -q '"completion_tokens":[1-9]'
}
complete 'Say hello.' || fail 'the first completion has no tokens'
served=$(curl --fail --silent "$url/v1/models")
[[ $served == *"\"id\":\"$name\""* && $served == *"\"root\":\"$weights\""* ]] || fail "it serves another model: $served"
complete 'Name one colour.' || fail 'the second completion has no tokens'
