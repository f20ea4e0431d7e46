#!/bin/bash
# A stand-in for spark-vllm-docker's launcher as of January 2026: always Ray, no --solo, no recipes; a word that it does not know begins the command.
image=vllm-node name=vllm_node nodes='' eth_if='' ib_if='' daemon=false action='' command='' head='' peers=() mods=()

usage() {
  cat <<USAGE
Usage: $0 [-n <node_ips>] [-t <image_name>] [--name <container_name>] [--eth-if <if_name>] [--ib-if <if_name>] [--nccl-debug <level>] [--check-config] [-d] [action] [command]
  -n, --nodes     Comma-separated list of node IPs (Optional, auto-detected if omitted)
  -t              Docker image name (Optional, default: vllm-node)
  --name          Container name (Optional, default: vllm_node)
  --eth-if        Ethernet interface (Optional, auto-detected)
  --ib-if         InfiniBand interface (Optional, auto-detected)
  --nccl-debug    NCCL debug level (Optional, one of: VERSION, WARN, INFO, TRACE). If no level is provided, defaults to INFO.
  --apply-mod     Path to directory or zip file containing run.sh to apply before launch
  --check-config  Check configuration and auto-detection without launching
  -d              Daemon mode (only for 'start' action)
  action          start | stop | status | exec (Default: start)
  command         Command to run (only for 'exec' action)
USAGE
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
  -n | --nodes) nodes=$2; shift ;;
  -t) image=$2; shift ;;
  --name) name=$2; shift ;;
  --eth-if) eth_if=$2; shift ;;
  --ib-if) ib_if=$2; shift ;;
  --apply-mod) mods+=("$2"); shift ;;
  --nccl-debug) shift ;;
  --check-config) action=check ;;
  -d) daemon=true ;;
  -h | --help) usage ;;
  start | stop | status) action=$1 ;;
  exec) action=exec; shift; command=$(printf '%q ' "$@"); break ;;
  *) action=${action:-start}; command="$*"; break ;;
  esac
  shift
done
action=${action:-start}

echo 'Auto-detecting interfaces...'
if [ -z "$eth_if" ] || [ -z "$ib_if" ]; then
  command -v ibdev2netdev >/dev/null || { echo 'Error: ibdev2netdev not found. Cannot auto-detect interfaces.'; exit 1; }
  up=$(ibdev2netdev | grep '(Up)')
  [ -n "$up" ] || { echo 'Error: No active IB interfaces found.'; exit 1; }
  ib_if=${ib_if:-$(awk '{print $1}' <<<"$up" | paste -sd,)} eth_if=${eth_if:-$(awk 'NR == 1 {print $5}' <<<"$up")}
fi
head=$(ip -o -4 addr show dev "${eth_if%%,*}" | awk '{split($4, a, "/"); print a[1]; exit}')
[ -n "$head" ] || { echo "Error: Could not determine the local IP on $eth_if."; exit 1; }
[ -n "$nodes" ] || nodes=$(echo "$head"; ip neigh show dev "${eth_if%%,*}" | awk '{print $1}')
for node in ${nodes//,/ }; do [ "$node" = "$head" ] || peers+=("$node"); done
ssh=(ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=10)
[ "$action" != check ] || { echo "Head: $head, peers: ${peers[*]}"; exit 0; }

stop_cluster() {
  echo 'Stopping cluster...'
  docker stop "$name" >/dev/null 2>&1
  for node in "${peers[@]}"; do "${ssh[@]}" "$node" "docker stop $name" >/dev/null 2>&1; done
  echo 'Cluster stopped.'
}

case $action in
stop) stop_cluster; exit 0 ;;
status)
  for node in "$head" "${peers[@]}"; do
    role=WORKER look=("${ssh[@]}" "$node" 'docker ps')
    [ "$node" != "$head" ] || role=HEAD look=(docker ps)
    if "${look[@]}" 2>/dev/null | grep -q -- "$name"; then echo "[$role] $node: Container '$name' is RUNNING."; else echo "[$role] $node: Container '$name' is NOT running."; fi
  done
  docker exec "$name" ray status 2>&1
  exit 0
  ;;
esac

for node in "${peers[@]}"; do "${ssh[@]}" "$node" true || { echo "Error: Passwordless SSH to $node failed."; exit 1; }; done
if docker ps --format '{{.Names}}' | grep -qx -- "$name"; then
  echo 'Cluster containers are already running. Skipping launch.'
else
  # shellcheck disable=SC2016 # the home is that of the node that runs it
  run='docker run --privileged --gpus all -d --rm --ipc=host --network host -v "$HOME/.cache/huggingface:/root/.cache/huggingface"'
  echo "Starting Head Node on $head..."
  bash -c "$run --name $name --entrypoint= -e VLLM_HOST_IP=$head ${VLLM_SPARK_EXTRA_DOCKER_ARGS:-} $image sleep infinity"
  for node in "${peers[@]}"; do
    echo "Starting Worker Node on $node..."
    "${ssh[@]}" "$node" "$run --name $name --entrypoint= -e VLLM_HOST_IP=$node ${VLLM_SPARK_EXTRA_DOCKER_ARGS:-} $image sleep infinity"
  done
  docker exec -d "$name" ray start --block --head --port 6379 --node-ip-address "$head"
  for node in "${peers[@]}"; do "${ssh[@]}" "$node" "docker exec -d $name ray start --block --address=$head:6379 --node-ip-address $node"; done
  for ((try = 0; try < 30; try++)); do
    [ "$(docker exec "$name" ray status 2>/dev/null | grep -c ' 1 node_')" -le ${#peers[@]} ] || break
    sleep "${DEMO_SETTLE_S:-2}"
  done
  [ "$try" -lt 30 ] || { echo 'Error: Timed out waiting for the Ray cluster.'; exit 1; }
fi

if [ "$action" = exec ]; then
  trap stop_cluster EXIT INT TERM HUP # also with -d
  docker exec -i "$name" bash -c "$command"
  exit $?
fi
[ "$daemon" = false ] || { echo 'Cluster started in background.'; exit 0; }
trap stop_cluster EXIT INT TERM HUP
docker logs -f "$name"
