#!/bin/bash
# Behaves as the solo part of spark-vllm-docker's launcher does, warts included: written from its description, not from its text.

image=vllm-node name=vllm_node solo=false daemon=false action='' ports=() docker_args=() command=()

usage() {
  cat <<USAGE
Usage: $0 [-n <node_ips>] [-t <image_name>] [--name <container_name>] [--eth-if <if_name>] [--ib-if <if_name>] [-j <build_jobs>] [--nccl-debug <level>] [--check-config] [--solo] [-d] [action] [command]
  -n, --nodes           Comma-separated list of node IPs (optional, auto-detected if omitted)
  -t                    Docker image name (optional, default: vllm-node)
  --name                Container name (optional, default: vllm_node)
  --eth-if, --ib-if     Ethernet and InfiniBand interface (optional, auto-detected)
  -e, --env             Environment variable for the container (can be repeated)
  -v, --volume          Volume for the container (can be repeated)
  -p, --publish         Publish a port (solo mode only; replaces the host network)
  -j                    Number of parallel build jobs
  --nccl-debug          NCCL debug level: VERSION, WARN, INFO or TRACE
  --apply-mod           Path of a mod to apply (can be repeated)
  --launch-script       Script to run in the container, by path or by name under examples/
  --check-config        Check configuration and auto-detection without launching
  --solo                Solo mode: skip detection, launch only on the current node
  --ray, --no-ray       Use Ray for several nodes, or not (default)
  --master-port         Port of the head (default: 29501)
  --no-cache-dirs       Do not mount the cache directories
  --non-privileged      Run without --privileged (--mem-limit-gb, --mem-swap-limit-gb, --pids-limit, --shm-size-gb)
  --config              Path of the .env file
  --setup, --discover   Discover the nodes and write .env
  -d                    Daemon mode
  action                start | stop | status | exec (default: start)
  command               Command to run (only for the exec action)
USAGE
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
  -n | --nodes | --eth-if | --ib-if | -j | --nccl-debug | --apply-mod | --launch-script | --master-port | --head-port | --config | --mem-limit-gb | --mem-swap-limit-gb | --pids-limit | --shm-size-gb) shift ;;
  -t) image=$2; shift ;;
  --name) name=$2; shift ;;
  -e | --env) docker_args+=(-e "$2"); shift ;;
  -v | --volume) docker_args+=(-v "$2"); shift ;;
  -p | --publish) ports+=(-p "$2"); shift ;;
  --solo) solo=true ;;
  -d) daemon=true ;;
  --ray | --no-ray | --check-config | --no-cache-dirs | --keep-entrypoint | --non-privileged | --setup | --discover | --earlyoom) ;;
  start | stop | status) action=$1 ;;
  exec) action=exec; shift; command=("$@"); break ;;
  *) echo "Unknown argument: $1"; usage ;;
  esac
  shift
done

[ -n "$action" ] || { echo 'Error: No action specified.'; usage; }
if [ "$solo" = false ]; then
  echo 'Auto-detecting interfaces...'
  echo 'Error: No active IB interfaces found.'
  exit 1
fi

is_running() { docker ps --format '{{.Names}}' | grep -qx "$name"; }
stop_cluster() {
  echo "Stopping cluster..."
  docker stop "$name" >/dev/null 2>&1
  echo "Cluster stopped."
}

case $action in
stop)
  stop_cluster
  exit 0
  ;;
status)
  if docker ps | grep -q "$name"; then
    echo "[HEAD] 127.0.0.1: Container '$name' is RUNNING."
    echo '--- Ray Status ---'
    docker exec "$name" ray status 2>&1
  else
    echo "[HEAD] 127.0.0.1: Container '$name' is NOT running."
  fi
  exit 0
  ;;
esac

echo "Solo mode: head is 127.0.0.1"
already=false
if is_running; then
  already=true
  echo 'Cluster containers are already running. Skipping launch.'
else
  network=(--network host)
  [ ${#ports[@]} -eq 0 ] || network=("${ports[@]}")
  hf=${HF_HOME:-$HOME/.cache/huggingface}
  # shellcheck disable=SC2086 # several arguments in one variable is what it is for
  docker run --privileged --ulimit "nofile=${VLLM_SPARK_NOFILE_LIMIT:-1048576}" --ipc=host -e VLLM_HOST_IP=127.0.0.1 --gpus all -d --rm "${network[@]}" \
    --name "$name" --entrypoint= -e PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True -e NCCL_IGNORE_CPU_AFFINITY=1 \
    -v "$hf:/root/.cache/huggingface" -v "$HOME/.cache/vllm:/root/.cache/vllm" -v "$HOME/.cache/flashinfer:/root/.cache/flashinfer" \
    -v "$HOME/.triton:/root/.triton" "${docker_args[@]}" ${VLLM_SPARK_EXTRA_DOCKER_ARGS:-} "$image" sleep infinity
  sleep "${DEMO_SETTLE_S:-2}"
fi

[ "$action" = exec ] || exit 0
words=$(printf '%q ' "${command[@]}")
if [ "$daemon" = true ]; then
  docker exec -d "$name" bash -c "$words >> /proc/1/fd/1 2>&1"
  echo "Command started in the background. Follow it with: docker logs -f $name"
  exit 0
fi
[ "$already" = true ] || trap stop_cluster EXIT INT TERM HUP
docker exec -i "$name" bash -c "$words"
