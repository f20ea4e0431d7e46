
# What both newer generations do with it. Each ends up behind its own options in one file, as the real one is.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=vllm-node name=vllm_node name_given=false nodes='' eth_if='' ib_if='' solo=false ray=false daemon=false action='' command=()
docker_args=() ports=() limits=() mods=() launch_script='' master_port='' earlyoom=false earlyoom_args='-M 1048576 -r 0' cache_dirs=true
entrypoint=(--entrypoint=) privileged=true check_config=false config='' head='' peers=()
ssh=(ssh -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=10)

discover() {
  read -r -p 'Discover nodes and write .env? [Y/n] ' || { echo 'Error: cannot ask without a terminal.'; exit 1; }
  exit 1
}

# `.env` beside the script: what the command line leaves open.
read_config() {
  local file=${config:-$here/.env} row key value seen=' '
  [ -f "$file" ] || return 0
  while IFS= read -r row || [ -n "$row" ]; do
    case $row in '' | \#*) continue ;; esac
    [[ $row =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || { echo "Error: Invalid syntax in $file: $row"; exit 1; }
    key=${row%%=*} value=${row#*=} value=${value#\"} value=${value%\"}
    case $seen in *" $key "*) echo "Error: Duplicate key '$key' in $file"; exit 1 ;; esac
    seen+="$key "
    case $key in
    CLUSTER_NODES) nodes=${nodes:-$value} ;;
    LOCAL_IP) head=$value ;;
    ETH_IF) eth_if=${eth_if:-$value} ;;
    IB_IF) ib_if=${ib_if:-$value} ;;
    MASTER_PORT) master_port=${master_port:-$value} ;;
    CONTAINER_NAME) [ "$name_given" = true ] || name=$value ;;
    CONTAINER_*) docker_args+=(-e "${key#CONTAINER_}=$value") ;;
    esac
  done <"$file"
}

# Runs before every action, also before stop and status.
detect() {
  local up node
  if [ "$solo" = true ]; then
    head=${head:-127.0.0.1}
    return
  fi
  echo 'Auto-detecting interfaces...'
  if [ -z "$eth_if" ] || [ -z "$ib_if" ]; then
    command -v ibdev2netdev >/dev/null || { echo 'Error: ibdev2netdev not found. Cannot auto-detect interfaces.'; exit 1; }
    up=$(ibdev2netdev | grep '(Up)')
    [ -n "$up" ] || { echo 'Error: No active IB interfaces found.'; exit 1; }
    case $(wc -l <<<"$up") in 2 | 4) ;; *) echo 'Error: Expected 2 or 4 active CX7 ports.'; exit 1 ;; esac
    ib_if=${ib_if:-$(awk '{print $1}' <<<"$up" | paste -sd,)}
    eth_if=${eth_if:-$(awk 'NR == 1 {print $5}' <<<"$up")}
  fi
  [ -n "$head" ] || head=$(ip -o -4 addr show dev "${eth_if%%,*}" | awk '{split($4, a, "/"); print a[1]; exit}')
  [ -n "$head" ] || { echo "Error: Could not determine the local IP on $eth_if."; exit 1; }
  [ -n "$nodes" ] || nodes=$(echo "$head"; ip neigh show dev "${eth_if%%,*}" | awk '{print $1}')
  for node in ${nodes//,/ }; do [ "$node" = "$head" ] || peers+=("$node"); done
  case " ${nodes//,/ } " in *[[:space:]]"$head"[[:space:]]*) ;; *) echo "Error: Local IP $head is not in the list of nodes."; exit 1 ;; esac
  if [ ${#peers[@]} -eq 0 ]; then
    echo 'Only one node: solo mode.'
    solo=true
  fi
}

# Another node runs the text in its own shell, this one in a shell as well: the home and the caches are its own.
on() { # node text
  if [ "$1" = "$head" ]; then bash -c "$2"; else "${ssh[@]}" -n "$1" "$2"; fi
}
quoted() { [ $# -eq 0 ] || printf '%q ' "$@"; }

stop_cluster() {
  local node
  echo 'Stopping cluster...'
  docker stop "$name" >/dev/null 2>&1
  for node in "${peers[@]}"; do on "$node" "docker stop $(quoted "$name")" >/dev/null 2>&1; done
  echo 'Cluster stopped.'
}

status_of() { # role node
  if on "$2" 'docker ps' 2>/dev/null | grep -q -- "$name"; then
    echo "[$1] $2: Container '$name' is RUNNING."
  else
    echo "[$1] $2: Container '$name' is NOT running."
  fi
}

status() {
  local node
  status_of HEAD "$head"
  for node in "${peers[@]}"; do status_of WORKER "$node"; done
  if [ "$ray" = true ] && docker ps | grep -q -- "$name"; then
    echo '--- Ray Status ---'
    docker exec "$name" ray status 2>&1
  fi
  exit 0
}

# What the words after `exec` ask for, in GPUs: a Spark has one.
parallel() {
  local product=1 at word
  for ((at = 0; at < ${#command[@]}; at++)); do
    word=${command[at]}
    case $word in
    -tp | -pp | -dp | --tensor-parallel-size | --pipeline-parallel-size | --data-parallel-size) product=$((product * ${command[at + 1]:-1})) ;;
    --tensor-parallel-size=* | --pipeline-parallel-size=* | --data-parallel-size=*) product=$((product * ${word#*=})) ;;
    esac
  done
  echo "$product"
}

trim_nodes() {
  local wanted
  [ "$solo" = false ] && [ ${#command[@]} -gt 0 ] || return 0
  wanted=$(parallel)
  if [ "$wanted" -gt $((${#peers[@]} + 1)) ]; then
    echo "Error: The command needs $wanted nodes, but only $((${#peers[@]} + 1)) are there."
    exit 1
  fi
  while [ ${#peers[@]} -ge "$wanted" ] && [ ${#peers[@]} -gt 0 ]; do unset 'peers[-1]'; done
  [ ${#peers[@]} -gt 0 ] || solo=true
}

same_images() {
  local own node
  own=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null)
  for node in "${peers[@]}"; do
    [ "$(on "$node" "docker image inspect --format '{{.Id}}' $(quoted "$image")" 2>/dev/null)" = "$own" ] && continue
    echo "Error: Image '$image' on $node differs from the one on the head node. Copy it with build-and-copy.sh --copy-to."
    exit 1
  done
}

# shellcheck disable=SC2016 # the home is that of the node that runs it
run_node() { # node
  local hf='$HOME/.cache/huggingface' mounts='' network=(--network host) main=(sleep infinity) options=() extra=()
  read -ra extra <<<"${VLLM_SPARK_EXTRA_DOCKER_ARGS:-}"
  [ -z "${HF_HOME:-}" ] || printf -v hf %q "$HF_HOME"
  mounts="-v $hf:/root/.cache/huggingface"
  if [ "$cache_dirs" = true ]; then
    mounts+=' -v "$HOME/.cache/vllm:/root/.cache/vllm" -v "$HOME/.cache/flashinfer:/root/.cache/flashinfer"'
    mounts+=' -v "$HOME/.triton:/root/.triton" -v "$HOME/.tilelang:/root/.tilelang"'
  fi
  [ ${#ports[@]} -eq 0 ] || network=("${ports[@]}")
  [ "$privileged" = false ] && options+=("${limits[@]}") || options+=(--privileged)
  # shellcheck disable=SC2206 # several arguments in one variable is what it is for
  [ "$earlyoom" = false ] || main=(earlyoom $earlyoom_args)
  [ "$solo" = true ] || options+=(-e "NCCL_SOCKET_IFNAME=$eth_if" -e "GLOO_SOCKET_IFNAME=$eth_if" -e "NCCL_IB_HCA=$ib_if" -e "RAY_NODE_IP_ADDRESS=$1")
  echo "Starting container on $1..."
  # What docker answers is not looked at: with -d the caller gets 0 also when no container came.
  on "$1" "mkdir -p $hf \"\$HOME\"/.cache/vllm \"\$HOME\"/.cache/flashinfer \"\$HOME\"/.triton \"\$HOME\"/.tilelang; docker run $(quoted "${extra[@]}" "${options[@]}")\
--ulimit nofile=${VLLM_SPARK_NOFILE_LIMIT:-1048576} --ipc=host -e VLLM_HOST_IP=$1 --gpus all -d --rm $(quoted "${network[@]}")--name $(quoted "$name") \
$(quoted "${entrypoint[@]}") -e PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True -e NCCL_IGNORE_CPU_AFFINITY=1 \
$mounts $(quoted "${docker_args[@]}") $(quoted "$image" "${main[@]}")"
}

apply_mods() {
  local mod node
  for mod in "${mods[@]}"; do
    [ -e "$mod" ] || mod=$here/$mod
    [ -f "$mod/run.sh" ] || { echo "Error: Mod '$mod' has no run.sh."; stop_cluster; exit 1; }
    echo "Applying mod ${mod##*/}..."
    for node in "$head" "${peers[@]}"; do
      if ! tar -C "$mod" -cf - . | apply_on "$node" "${mod##*/}"; then
        echo "Error: Mod '${mod##*/}' failed on $node."
        stop_cluster
        exit 1
      fi
    done
  done
}
apply_on() { # node mod, the mod's files as tar on stdin
  local text="docker exec -i $(quoted "$name") bash -c 'mkdir -p /workspace/mods/$2 && tar -C /workspace/mods/$2 -xf - && cd /workspace/mods/$2 && bash run.sh'"
  if [ "$1" = "$head" ]; then bash -c "$text"; else "${ssh[@]}" "$1" "$text"; fi
}

start_ray() {
  local node try
  docker exec -d "$name" ray start --block --head --port 6379 --node-ip-address "$head"
  for node in "${peers[@]}"; do on "$node" "docker exec -d $(quoted "$name") ray start --block --address=$head:6379 --node-ip-address $node"; done
  for ((try = 0; try < 30; try++)); do
    [ "$(docker exec "$name" ray status 2>/dev/null | grep -c ' 1 node_')" -gt ${#peers[@]} ] && return 0
    sleep "${DEMO_SETTLE_S:-2}"
  done
  echo 'Error: Timed out waiting for the Ray cluster.'
  exit 1
}

start_cluster() {
  local node
  if docker ps --format '{{.Names}}' | grep -qx -- "$name"; then
    # As it is: no new container, no mods, and the launch script of last time stays in it.
    echo 'Cluster containers are already running. Skipping launch.'
    return
  fi
  [ "$daemon" = true ] || trap stop_cluster EXIT INT TERM HUP
  [ "$solo" = true ] || same_images
  for node in "$head" "${peers[@]}"; do run_node "$node"; done
  apply_mods
  if [ -n "$launch_script" ]; then
    [ -f "$launch_script" ] || launch_script=$here/examples/$launch_script
    [ -f "$launch_script" ] || launch_script=$launch_script.sh
    [ -f "$launch_script" ] || { echo 'Error: Launch script not found.'; exit 1; }
    docker exec -i "$name" bash -c 'mkdir -p /workspace && cat >/workspace/exec-script.sh && chmod +x /workspace/exec-script.sh' <"$launch_script"
  fi
  if [ "$ray" = true ] && [ "$solo" = false ]; then start_ray; else sleep "${DEMO_SETTLE_S:-2}"; fi
}

run_command() {
  local words rank node
  words=$(quoted "${command[@]}")
  if [ "$solo" = false ] && [ "$ray" = true ]; then
    words+='--distributed-executor-backend ray'
  elif [ "$solo" = false ]; then
    words+="--nnodes $((${#peers[@]} + 1)) --master-addr $head --master-port ${master_port:-29501} --node-rank "
    rank=1
    for node in "${peers[@]}"; do
      on "$node" "docker exec -d $(quoted "$name") bash -c $(quoted "$words$rank --headless >> /proc/1/fd/1 2>&1")"
      rank=$((rank + 1))
    done
    words+=0
  fi
  echo "Executing command on head node: $words"
  if [ "$daemon" = true ]; then
    docker exec -d "$name" bash -c "$words >> /proc/1/fd/1 2>&1"
    echo "Command started in the background. Follow it with: docker logs -f $name"
    exit 0
  fi
  if [ -t 0 ]; then docker exec -it "$name" bash -c "$words"; else docker exec -i "$name" bash -c "$words"; fi
  exit $?
}

read_arguments "$@"
read_config
[ "$generation" = autumn ] || status_asks_ray=true
[ -n "$action$launch_script" ] || [ "$check_config" = true ] || { echo 'Error: No action specified.'; usage; }
detect
if [ "$check_config" = true ]; then
  echo "Head: $head"
  echo "Peers: ${peers[*]}"
  echo 'Configuration is valid.'
  exit 0
fi
case $action in
stop)
  stop_cluster
  exit 0
  ;;
status)
  [ "${status_asks_ray:-false}" = false ] || ray=true
  status
  ;;
esac
[ -z "$launch_script" ] || { action=exec; command=(/workspace/exec-script.sh); }
for node in "${peers[@]}"; do
  "${ssh[@]}" -n "$node" true || { echo "Error: Passwordless SSH to $node failed."; exit 1; }
done
[ "$action" != exec ] || trim_nodes
[ "$solo" = false ] || echo "Solo mode: head is $head"
start_cluster
[ "$action" = exec ] && run_command
[ "$daemon" = false ] || { echo 'Cluster started in background (daemon mode).'; exit 0; }
docker logs -f "$name"
