#!/bin/bash
# A stand-in for spark-vllm-docker's launch-cluster.sh on one host, by the real docker: the same words, and the same warts.
IMAGE=vllm-node NAME=vllm_node SOLO= DAEMON= PRIVILEGED=1 CACHES=1 ACTION= COMMAND=()
OPTIONS=() MOUNTS=() PORTS=()

usage() {
  cat <<'USAGE'
Usage: launch-cluster.sh [options] start|stop|status|exec <command...>
  -n, --nodes LIST       Comma-separated node addresses
  -t IMAGE               Docker image (default: vllm-node)
  --name NAME            Container name (default: vllm_node)
  --eth-if IF, --ib-if IF  Network interfaces
  -e, --env VAR=VAL      Environment of the container (repeatable)
  --solo                 One node, no cluster
  --ray, --no-ray        With or without Ray (default: no-ray)
  --master-port PORT     Port of the head (default: 29501)
  -p, --publish SPEC     Publish a port (solo only; replaces host network)
  -v, --volume SPEC      Mount a volume
  --no-cache-dirs        Do not mount the cache directories
  --non-privileged       Run without --privileged
  -d                     Daemon mode
  -h, --help             Show this text
USAGE
  exit 1
}

while (($#)); do
  case $1 in
    -t) IMAGE=$2; shift ;;
    --name) NAME=$2; shift ;;
    -e | --env) OPTIONS+=(-e "$2"); shift ;;
    -p | --publish) PORTS+=(-p "$2"); shift ;;
    -v | --volume) MOUNTS+=(-v "$2"); shift ;;
    -n | --nodes | --eth-if | --ib-if | --master-port | --head-port) shift ;;
    --solo) SOLO=1 ;;
    --ray | --no-ray) ;;
    --no-cache-dirs) CACHES= ;;
    --non-privileged) PRIVILEGED= ;;
    -d) DAEMON=1 ;;
    start | stop | status) ACTION=$1 ;;
    exec) ACTION=exec; shift; COMMAND=("$@"); break ;;
    -h | --help) usage ;;
    *) echo "Error: Unknown argument '$1'"; usage ;;
  esac
  shift
done
[[ -n $ACTION ]] || { echo 'Error: No action specified.'; usage; }

# Detection runs before every action, also before stop and status.
if [[ -z $SOLO ]]; then
  command -v ibdev2netdev >/dev/null || { echo 'Error: ibdev2netdev not found. Cannot detect InfiniBand interfaces.'; exit 1; }
  echo 'Error: No active IB interfaces found.'
  exit 1
fi
HEAD=${LOCAL_IP:-127.0.0.1}

stop_cluster() {
  echo "Stopping cluster..."
  docker stop "$NAME" >/dev/null 2>&1
  echo 'Cluster stopped.'
}

launch() {
  local options=(--ulimit "nofile=${VLLM_SPARK_NOFILE_LIMIT:-1048576}" --ipc=host -e "VLLM_HOST_IP=$HEAD" "${OPTIONS[@]}" "${MOUNTS[@]}") dir
  [[ -z $PRIVILEGED ]] || options+=(--privileged)
  if ((${#PORTS[@]})); then options+=("${PORTS[@]}"); else options+=(--network host); fi
  if [[ -n $CACHES ]]; then
    mkdir -p "${HF_HOME:=$HOME/.cache/huggingface}" "$HOME"/.cache/{vllm,flashinfer} "$HOME"/{.triton,.tilelang}
    options+=(-v "$HF_HOME:/root/.cache/huggingface")
    for dir in .cache/vllm .cache/flashinfer .triton .tilelang; do options+=(-v "$HOME/$dir:/root/$dir"); done
  fi
  echo "Starting Head Node on $HEAD..."
  # what docker answers is not looked at: with -d the caller gets 0 also when no container came
  # shellcheck disable=SC2086
  docker run $VLLM_SPARK_EXTRA_DOCKER_ARGS "${options[@]}" --gpus all -d --rm --name "$NAME" --entrypoint= \
    -e PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True -e NCCL_IGNORE_CPU_AFFINITY=1 "$IMAGE" sleep infinity
  sleep 2
}

start_cluster() {
  if docker ps --format '{{.Names}}' | grep -qx -- "$NAME"; then
    echo 'Cluster containers are already running. Skipping launch.'
    return
  fi
  [[ -n $DAEMON ]] || trap stop_cluster EXIT INT TERM HUP
  launch
}

case $ACTION in
  stop) stop_cluster; exit 0 ;;
  status)
    if docker ps | grep -q -- "$NAME"; then
      echo "[HEAD] $HEAD: Container '$NAME' is RUNNING."
    else
      echo "[HEAD] $HEAD: Container '$NAME' is NOT running."
    fi
    exit 0
    ;;
  start)
    start_cluster
    if [[ -n $DAEMON ]]; then echo 'Cluster started in background (daemon mode).'; exit 0; fi
    docker logs -f "$NAME"
    ;;
  exec)
    start_cluster
    words=$(printf '%q ' "${COMMAND[@]}")
    echo "Executing command on head node: $words"
    if [[ -n $DAEMON ]]; then
      docker exec -d "$NAME" bash -c "$words >> /proc/1/fd/1 2>&1"
      echo "Command dispatched in background. See: docker logs $NAME"
      exit 0
    fi
    if [[ -t 0 ]]; then docker exec -it "$NAME" bash -c "$words"; else docker exec -i "$NAME" bash -c "$words"; fi
    exit $?
    ;;
esac
