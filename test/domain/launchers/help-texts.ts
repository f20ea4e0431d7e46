/** Help as launch-cluster.sh printed it in its generations, in the order and with the flags that each had; the words beside them are ours. */
const usage = (flags: string, options: readonly string[]): string =>
  [`Usage: /home/spark/spark-vllm-docker/launch-cluster.sh ${flags} [action] [command]`, ...options.map((option) => `  ${option}`), ''].join('\n')

const first = [
  '-n, --nodes     Comma-separated list of node IPs (optional)',
  '-t              Image name (default: vllm-node)',
  '--name          Container name (default: vllm_node)',
  '--eth-if        Ethernet interface',
  '--ib-if         InfiniBand interface',
]
const last = [
  '--check-config  Only check',
  '-d              Daemon mode',
  'action          start | stop | status | exec',
  'command         What exec runs',
]

/** Before recipes: one host or several, it is always a Ray cluster. */
export const january = usage('[-n <node_ips>] [-t <image_name>] [--name <container_name>] [--nccl-debug <level>] [--check-config] [-d]', [
  ...first,
  '--nccl-debug    One of VERSION, WARN, INFO, TRACE',
  '--apply-mod     Directory with a run.sh',
  ...last,
])

/** Ray, unless told otherwise. */
export const summer = usage('[-n <node_ips>] [-t <image_name>] [--name <container_name>] [--solo] [-d]', [
  ...first,
  '-e, --env       Variable for the container (e.g. -e VAR=val)',
  '-j              Parallel jobs',
  '--apply-mod     Directory or zip with a run.sh (several times)',
  '--launch-script Script to run in the container (from examples/)',
  '--solo          One node: no detection, no Ray',
  '--master-port   Port of the cluster (default: 29501)',
  '--no-ray        Several nodes without Ray',
  '--no-cache-dirs Do not mount the caches (~/.cache/vllm, ~/.triton)',
  '--non-privileged Runs without rights (removes --privileged and --ipc=host)',
  ...last,
])

/** No Ray, unless told otherwise. */
export const autumn = usage('[-n <node_ips>] [-t <image_name>] [--solo] [--ray|--no-ray] [-p <host:container>] [-v <local:container>] [-d]', [
  ...first,
  '-e, --env       Variable for the container (e.g. -e VAR=val)',
  '--apply-mod     Directory or zip with a run.sh (several times)',
  '--launch-script Script to run in the container (from examples/)',
  '--solo          One node: no detection, no Ray',
  '--master-port   Port of the cluster (default: 29501)',
  '-p, --publish   Publish a port (one node only)',
  '-v, --volume    Mount a folder (e.g. -v /on/host:/in/container)',
  '--ray           Several nodes by Ray, adds --distributed-executor-backend ray',
  '--no-ray        The default',
  '--keep-entrypoint Leave the entry point of the image',
  '--earlyoom      earlyoom as first process',
  "--earlyoom-args For earlyoom (default: '-M 524288,102400 -s 100 -r 60')",
  '--non-privileged Runs without rights (removes --privileged and --ipc=host)',
  '--config        The .env file',
  '--setup/--discover  Detect and save',
  ...last,
])

/** What the look of the launcher prints around them. */
export const looked = (help: string, ...marks: readonly string[]): { code: number; stdout: string; stderr: string } => ({
  code: 0,
  stdout: ['== dir /home/spark/spark-vllm-docker', ...marks.map((mark) => `== ${mark}`), '== help', help, '== exit 1', ''].join('\n'),
  stderr: '',
})
