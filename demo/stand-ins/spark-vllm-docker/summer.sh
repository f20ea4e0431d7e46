#!/bin/bash
# A stand-in for spark-vllm-docker's launcher as of summer 2026: solo and two nodes by Ray, --no-ray on request; no volumes, ports or limits yet.
generation=summer

usage() {
  cat <<USAGE
Usage: $0 [-n <node_ips>] [-t <image_name>] [--name <container_name>] [--eth-if <if_name>] [--ib-if <if_name>] [--nccl-debug <level>] [--check-config] [--solo] [-d] [action] [command]
  -n, --nodes     Comma-separated list of node IPs (Optional, auto-detected if omitted)
  -t              Docker image name (Optional, default: vllm-node)
  --name          Container name (Optional, default: vllm_node)
  --eth-if        Ethernet interface (Optional, auto-detected)
  --ib-if         InfiniBand interface (Optional, auto-detected)
  -e, --env       Environment variable to pass to container (e.g. -e VAR=val)
  -j              Number of parallel jobs for build environment variables
  --nccl-debug    NCCL debug level (Optional, one of: VERSION, WARN, INFO, TRACE). If no level is provided, defaults to INFO.
  --apply-mod     Path to directory or zip file containing run.sh to apply before launch (Can be specified multiple times)
  --launch-script Path to bash script to execute in the container (from examples/ directory or absolute path)
  --check-config  Check configuration and auto-detection without launching
  --solo          Solo mode: skip autodetection, launch only on current node, do not launch Ray cluster
  --no-ray        No-Ray mode: run multi-node vLLM without Ray (uses PyTorch distributed backend)
  --no-cache-dirs Do not mount ~/.cache/vllm, ~/.cache/flashinfer and ~/.triton
  --non-privileged Run in non-privileged mode
  -d              Daemon mode (only for 'start' action)
  action          start | stop | status | exec (Default: start). Not compatible with --launch-script.
  command         Command to run (only for 'exec' action). Not compatible with --launch-script.
USAGE
  exit 1
}

read_arguments() {
  ray=true
  while [ $# -gt 0 ]; do
    case $1 in
    -n | --nodes) nodes=$2; shift ;;
    -t) image=$2; shift ;;
    --name) name=$2; name_given=true; shift ;;
    --eth-if) eth_if=$2; shift ;;
    --ib-if) ib_if=$2; shift ;;
    -e | --env) docker_args+=(-e "$2"); shift ;;
    --apply-mod) mods+=("$2"); shift ;;
    --launch-script) launch_script=$2; shift ;;
    -j | --nccl-debug) shift ;;
    --solo) solo=true ;;
    --no-ray) ray=false ;;
    --no-cache-dirs) cache_dirs=false ;;
    --non-privileged) privileged=false ;;
    --check-config) check_config=true ;;
    -d) daemon=true ;;
    start | stop | status) action=$1 ;;
    exec) action=exec; shift; command=("$@"); break ;;
    -h | --help) usage ;;
    *) echo "Unknown argument: $1"; usage ;;
    esac
    shift
  done
}
