#!/bin/bash
# A stand-in for spark-vllm-docker's launcher as of autumn 2026, warts included: written from its description, not from its text.
generation=autumn

usage() {
  cat <<USAGE
Usage: $0 [-n <node_ips>] [-t <image_name>] [--name <container_name>] [--eth-if <if_name>] [--ib-if <if_name>] [-j <build_jobs>] [--nccl-debug <level>] [--check-config] [--solo] [-d] [action] [command]
  -n, --nodes           Comma-separated list of node IPs (optional, auto-detected if omitted)
  -t                    Docker image name (optional, default: vllm-node)
  --name                Container name (optional, default: vllm_node)
  --eth-if              Ethernet interface (optional, auto-detected)
  --ib-if               InfiniBand interface (optional, auto-detected)
  -e, --env             Environment variable for the container (e.g. -e VAR=val, can be repeated)
  -v, --volume          Volume for the container (e.g. -v /host:/container, can be repeated)
  -p, --publish         Publish a port (solo mode only; replaces the host network)
  -j                    Number of parallel build jobs
  --nccl-debug          NCCL debug level: VERSION, WARN, INFO or TRACE (default: INFO)
  --apply-mod           Path of a mod to apply before the start (can be repeated)
  --apply-vllm-pr       Number of a vLLM pull request to apply (can be repeated)
  --launch-script       Script to run in the container, by path or by name under examples/
  --check-config        Check configuration and auto-detection without launching
  --solo                Solo mode: skip autodetection, launch only on the current node
  --ray                 Use Ray for several nodes
  --no-ray              Several nodes without Ray, by PyTorch's own ranks (default)
  --master-port         Port of the head for the other ranks (default: 29501); also --head-port
  --no-cache-dirs       Do not mount the cache directories
  --keep-entrypoint     Keep the entrypoint of the image
  --earlyoom            Run earlyoom as the main process of the container
  --earlyoom-args       Arguments for earlyoom (default: -M 1048576 -r 0)
  --non-privileged      Run without --privileged
    --mem-limit-gb      Memory limit in GB (with --non-privileged, default: 110)
    --mem-swap-limit-gb Memory and swap limit in GB (with --non-privileged)
    --pids-limit        Limit of processes (with --non-privileged, default: 4096)
    --shm-size-gb       Shared memory in GB (with --non-privileged, default: 64)
  --config              Path of the .env file (default: .env beside this script)
  --setup, --discover   Discover the nodes and write the .env file
  -d                    Daemon mode (only for start and exec)
  -h, --help            Show this help
  action                start | stop | status | exec (default: start)
  command               Command to run (only for the exec action)
USAGE
  exit 1
}

read_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
    -n | --nodes) nodes=$2; shift ;;
    -t) image=$2; shift ;;
    --name) name=$2; name_given=true; shift ;;
    --eth-if) eth_if=$2; shift ;;
    --ib-if) ib_if=$2; shift ;;
    -e | --env) docker_args+=(-e "$2"); shift ;;
    -v | --volume) docker_args+=(-v "$2"); shift ;;
    -p | --publish) ports+=(-p "$2"); shift ;;
    --apply-mod) mods+=("$2"); shift ;;
    --launch-script) launch_script=$2; shift ;;
    --master-port | --head-port) master_port=$2; shift ;;
    --earlyoom) earlyoom=true ;;
    --earlyoom-args) earlyoom_args=$2; shift ;;
    --mem-limit-gb) limits+=(--memory "$2g"); shift ;;
    --pids-limit) limits+=(--pids-limit "$2"); shift ;;
    --shm-size-gb) limits+=(--shm-size "$2g"); shift ;;
    --mem-swap-limit-gb) limits+=(--memory-swap "$2g"); shift ;;
    -j | --nccl-debug | --apply-vllm-pr) shift ;;
    --config) config=$2; shift ;;
    --solo) solo=true ;;
    --ray) ray=true ;;
    --no-ray) ray=false ;;
    --no-cache-dirs) cache_dirs=false ;;
    --keep-entrypoint) entrypoint=() ;;
    --non-privileged) privileged=false ;;
    --check-config) check_config=true ;;
    --setup | --discover) discover ;;
    -d) daemon=true ;;
    start | stop | status) action=$1 ;;
    exec) action=exec; shift; command=("$@"); break ;;
    -h | --help) usage ;;
    *) echo "Unknown argument: $1"; usage ;;
    esac
    shift
  done
}
