#!/usr/bin/env bash
# A cron job that borrows the GPUs: reserve, swap, work, swap back, release. Needs bash and curl, nothing else.
#
#   0 3 * * *  MODEL=qwen3-30b-a3b-fp8 WORK='/opt/jobs/digest.sh' /opt/jobs/nightly.sh
#
# SPARK_URL   where Spark Control is               (http://127.0.0.1:9999)
# MODEL       the model that the job needs         (its key in the catalog)
# WORK        the command to run while it serves
# HOLDER      who that is, for others to read      (nightly)
# SCHEDULE    the id that this cron is registered under (as HOLDER)
# TTL_S       how long the reservation holds without word from us (600)
# WAIT_S      how long to stand in line for it     (3600)
set -euo pipefail

spark=${SPARK_URL:-http://127.0.0.1:9999}
model=${MODEL:?the key of the model to swap to}
work=${WORK:?the command to run while the model serves}
holder=${HOLDER:-nightly}
schedule=${SCHEDULE:-$holder}
ttl_s=${TTL_S:-600}
wait_s=${WAIT_S:-3600}

# Our own token: when an answer is lost, asking again with the same token finds the same reservation.
token=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')

# request METHOD PATH BODY [HEADER...] leaves $status (000: no answer) and $answer. Headers go in by stdin, because others can read command lines.
request() {
  local method=$1 path=$2 body=$3 header all=''
  shift 3
  for header in "X-Spark-Schedule: $schedule" "X-Spark-Holder: $holder" "$@"; do all+="header = \"$header\""$'\n'; done
  [ -z "$body" ] || all+="header = \"Content-Type: application/json\""$'\n'
  answer=$(curl --silent --max-time 70 --request "$method" --url "$spark$path" ${body:+--data "$body"} \
    --write-out '\n%{http_code}' --config - <<<"$all") || true
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
}
mine="X-Swap-Lock-Token: $token"

# The first value of a field: "state" of a swap comes before those of its phases.
field() { grep -o "\"$1\":\"[^\"]*\"" <<<"$answer" | head -n 1 | cut -d '"' -f 4 || true; }

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2; }

reserve() {
  local until=$((SECONDS + wait_s)) left
  while :; do
    left=$((until - SECONDS))
    request POST "/api/swap/lock?wait_s=$((left < 0 ? 0 : left < 55 ? left : 55))" \
      "{\"holder\": \"$holder\", \"ttl_s\": $ttl_s, \"purpose\": \"needs $model\", \"token\": \"$token\"}"
    case $status in
    200 | 201) return ;;
    423) say "$(field holder) holds the GPUs until $(field expires_at)" ;; # still in nobody's way: stand in line again
    000 | 503) sleep 2 ;;                                                   # a part is down; nothing was done
    *) say "no reservation: $status $(field detail)" && exit 1 ;;
    esac
    [ "$SECONDS" -lt "$until" ] || { say 'waited long enough' && exit 75; }
  done
}

# swap_to MODEL KEY: returns when it serves. The key makes a repeat of the call harmless. While a swap of ours is under way, $going names it.
swap_to() {
  local id=''
  while [ -z "$id" ]; do
    request POST /api/swap "{\"model\": \"$1\", \"on_busy\": \"queue\"}" "$mine" "Idempotency-Key: $2"
    case $status in
    202) id=$(field swap_id) ;;
    200) say "$1 serves already" && return ;;
    000 | 503) sleep 2 ;;
    *) say "no swap: $status $(field detail)" && return 1 ;;
    esac
  done
  say "swap $id to $1"
  [[ $answer == *'"joined":true'* ]] || going=$id
  while :; do
    request GET "/api/swap/$id" ''
    [ "$(field state)" = done ] && break
    sleep 2
  done
  going=''
  say "swap $id: $(field outcome)"
  previous=$(grep -o '"previous":\[{"model":"[^"]*"' <<<"$answer" | cut -d '"' -f 6 || true)
  [ "$(field outcome)" = completed ]
}

# A third of the TTL leaves two more tries. Once the reservation is lost, so is the right to go on.
renew() {
  while sleep $((ttl_s / 3 > 0 ? ttl_s / 3 : 1)); do
    request POST /api/swap/lock "{\"ttl_s\": $ttl_s}" "$mine"
    [ "$status" = 409 ] || continue
    say "the reservation is gone: $(field detail)"
    kill -- "-$1" 2>/dev/null
    return
  done
}

working='' renewing='' going='' swapped='' back=''
finish() {
  local code=$?
  trap - EXIT
  # Nothing of the work goes on without the reservation.
  [ -z "$working" ] || { kill -- "-$working" && wait "$working"; } 2>/dev/null || true
  # Ended while we swapped: cancelled, it puts the model before back by itself.
  [ -z "$going" ] || request POST "/api/swap/$going/cancel" ''
  # Back to what was there, whether the work succeeded or not.
  [ -z "$swapped" ] || [ -z "$back" ] || swap_to "$back" "$token-back" || code=1
  [ -z "$renewing" ] || kill -- "-$renewing" 2>/dev/null || true
  for _ in {1..15}; do
    request DELETE /api/swap/lock '' "$mine"
    case $status in 000 | 503) sleep 2 ;; *) break ;; esac
  done
  exit "$code"
}

# Before standing in line: a place that nobody waits at any more could still be granted. A signal is obeyed when the call under way is answered.
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
reserve
swap_to "$model" "$token-there"
swapped=yes back=${previous:-}
set -m # each in a process group of its own, so that all of it can be ended
bash -c "$work" &
working=$!
renew "$working" &
renewing=$!
set +m
wait "$working"
