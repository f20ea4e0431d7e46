#!/usr/bin/env bash
# Two hosts on one Linux machine, with nothing simulated but the GPU: each has its own network, mount, pid, uts and ipc
# namespaces, a tmpfs as its disk, an OpenSSH server and a Docker Engine. Needs root.
#
#   netns-hosts.sh hold [SECONDS]       be the one user of the hosts: waits for the lock, says "held", and takes the hosts down when stdin ends
#   netns-hosts.sh up ENGINE NODE [SHARE]  both hosts up; ENGINE = a folder with Debian's docker.io unpacked, NODE = a node binary,
#                                       SHARE = a folder of this machine that both see at /mnt/shared and cannot write
#   netns-hosts.sh down                 nothing of the hosts is left, whatever state they are in
#   netns-hosts.sh off|on|reboot H      power; a power cut gives nothing on the host the time to clean up
#   netns-hosts.sh freeze|thaw H        every process of the host stands still: TCP is accepted, nothing answers
#   netns-hosts.sh cut H drop|link|reset · heal H
#   netns-hosts.sh fill H · unfill H    the disk is full to the last block
#   netns-hosts.sh exec H ARGV...       as the host's root, past the network
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATE=/run/spark-control-hosts
LOCK=/run/spark-control-hosts.lock
BRIDGE=br-spark
SUBNET=10.99.1
HOSTS=(spark-a spark-b)
declare -A ADDRESS=([spark-a]=$SUBNET.11 [spark-b]=$SUBNET.12)
CGROUPS=(freezer memory pids)
HOST_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

say() { echo "hosts: $*" >&2; }
known() {
  [[ -n ${ADDRESS[${1:-}]:-} ]] || { say "no host is named '${1:-}'"; exit 2; }
}

# shellcheck source-path=SCRIPTDIR
for part in network image disk power; do source "$HERE/netns/$part.sh"; done

up() {
  local engine=$1 node=$2 share=${3:-} host booting=()
  [[ ! -e $STATE ]] || { say "$STATE is there: down first"; exit 1; }
  ! ip link show "$BRIDGE" >/dev/null 2>&1 || { say "a bridge $BRIDGE is there, and it is not ours"; exit 1; }
  mkdir -m 700 "$STATE"
  ln -s "$engine" "$STATE/engine"
  ln -s "$node" "$STATE/node"
  [[ -z $share ]] || ln -s "$share" "$STATE/share"
  ssh-keygen -q -t ed25519 -N '' -C spark-control-test -f "$STATE/client"
  ssh-keygen -q -t ed25519 -N '' -C between-hosts -f "$STATE/between"
  make_image "$STATE"
  make_bridge
  for host in "${HOSTS[@]}"; do
    make_disk "$host"
    power_on "$host" &
    booting+=($!)
  done
  for host in "${HOSTS[@]}"; do cp "$STATE/known_hosts" "$STATE/$host/disk/root/root/.ssh/known_hosts"; done # each knows the other
  for host in "${booting[@]}"; do wait "$host"; done
}

# Waits for a command that changes the hosts and outlived the one who gave it: it would build up again behind our back.
down() (
  exec 8>"$LOCK.change"
  flock -w 100 8 || { say "a command that changes the hosts does not end"; exit 1; }
  [[ -e $STATE ]] || exit 0
  for host in "${HOSTS[@]}"; do
    power_off "$host"
    remove_disk "$host"
  done
  remove_bridge
  rm -rf --one-file-system "$STATE"
)

begin_change() {
  exec 8>"$LOCK.change"
  flock -s 8 # both hosts may change at once
}

hold() {
  trap '' INT HUP # the terminal's Ctrl-C is for the owner; what it leaves behind is ours to clear
  exec 9>"$LOCK"
  flock -w "${1:-900}" 9 || { say "somebody else has used the hosts for ${1:-900} s (lock: $LOCK)"; exit 1; }
  down 9>&- # what a killed user left
  echo held
  cat >/dev/null 9>&-
  down 9>&-
}

command=${1:-help}
shift || :
case $command in
  hold) hold "$@" ;;
  up) begin_change; up "$@" ;;
  down) down ;;
  off | on | reboot | freeze | thaw | cut | heal | fill | unfill)
    known "${1:-}"
    begin_change
    [[ -d $STATE/$1/disk ]] || { say "the hosts are not up"; exit 1; }
    "host_$command" "$@"
    ;;
  exec | init)
    known "${1:-}"
    "host_$command" "$@"
    ;;
  *)
    sed -n '2,15p' "${BASH_SOURCE[0]}"
    exit 2
    ;;
esac
