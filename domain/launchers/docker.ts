import { causeOf, type Cause } from '../errors.ts'
import { weightsOf } from '../model.ts'
import { shellWords } from '../shell-words.ts'
import type { Argv } from '../names.ts'
import { dockerTrouble } from './docker-trouble.ts'
import { environment, labels, markEnvironment } from './launch-mark.ts'
import { fabricOf, launchPlace, type LaunchPlace } from './launch-place.ts'
import type { Launcher, LaunchExit, LaunchJob } from './launcher.ts'
import { mostHosts } from './parallelism.ts'
import { vllmServe } from './vllm-serve.ts'

/** Plain `docker run`. The engine is process 1 of its container, so that the container ends with it and keeps its log and exit code. */
export const dockerRun: Launcher = {
  maxHosts: mostHosts.docker,
  stopGraceS: 15,
  containerIsEngine: true,
  startedFrom: 'each',
  launch: run,
  imageOf: ({ image }) => image,
  probe: () => null,
  features: () => null,
  probeTrouble: () => null,
  launchTrouble,
  commands: null,
}

/** `launch.entrypoint` by which the image keeps its own. */
export const ofTheImage = 'image'
/** As launch-cluster.sh has it. */
const defaultMasterPort = 29_501

function run(job: LaunchJob): Argv {
  const place = launchPlace(job)
  const { model, node, hfCache, volumes } = place
  const { entrypoint = '' } = model.launch
  const caches = [`${hfCache}:/root/.cache/huggingface`, `${node.home}/.cache/vllm:/root/.cache/vllm`]
  return [
    ...['docker', 'run', '--detach', '--name', model.container, '--network', 'host', '--ipc', 'host', '--gpus', 'all'],
    // The images differ in their entrypoint (some have `vllm serve` itself there), and a start must not turn into a download of 20 GB.
    ...(entrypoint === ofTheImage ? [] : [`--entrypoint=${entrypoint}`]),
    ...['--pull', 'never'],
    ...labels(job.mark),
    ...markEnvironment(job.mark, '--env'),
    ...(job.nodes.length > 1 ? linkWords(place) : []),
    ...environment(model.env, '--env'),
    ...[...caches, ...volumes].flatMap((mount) => ['--volume', mount]),
    ...shellWords(place.extraDockerArgs),
    ...[model.image, ...(model.launch.arguments === undefined ? engineWords(job, place) : ownWords(job, place, model.launch.arguments))],
  ]
}

/** How the ranks find each other: over the fast link where cluster.yaml names it. */
function linkWords({ node }: LaunchPlace): Argv {
  const { ethIf, ibIf } = node.host
  const rdma = ibIf === null ? [] : ['--device', '/dev/infiniband', '--cap-add', 'IPC_LOCK', '--ulimit', 'memlock=-1']
  const env = {
    VLLM_HOST_IP: fabricOf(node),
    ...(ethIf === null ? {} : { NCCL_SOCKET_IFNAME: ethIf, GLOO_SOCKET_IFNAME: ethIf, TP_SOCKET_IFNAME: ethIf }),
    ...(ibIf === null ? {} : { NCCL_IB_HCA: ibIf }),
  }
  return [...rdma, ...environment(env, '--env')]
}

/** vLLM's own ranks: only the head answers requests. */
function engineWords({ nodes, rank }: LaunchJob, { model, head, port }: LaunchPlace): Argv {
  if (nodes.length === 1) return vllmServe(model, port)
  const ranks = ['--nnodes', String(nodes.length), '--node-rank', String(rank)]
  const master = ['--master-addr', fabricOf(head), '--master-port', String(model.launch.master_port ?? defaultMasterPort)]
  return [...vllmServe(model, port), ...ranks, ...master, ...(rank === 0 ? [] : ['--headless'])]
}

/** The owner's words, with what only the launch knows filled in. A name in braces that is none of these stays as it is: JSON has braces too. */
function ownWords({ nodes, rank }: LaunchJob, { model, head, port }: LaunchPlace, words: Argv): Argv {
  const facts: Readonly<Record<string, string>> = {
    port: String(port),
    model: weightsOf(model),
    served_name: model.served_name,
    nodes: String(nodes.length),
    rank: String(rank),
    head: fabricOf(head),
    master_port: String(model.launch.master_port ?? defaultMasterPort),
  }
  return words.map((word) =>
    word.replaceAll(/\{([a-z_]+)\}/g, (braced, name: string) => (Object.hasOwn(facts, name) ? (facts[name] ?? braced) : braced)),
  )
}

function launchTrouble(exit: LaunchExit): Cause | null {
  if (exit.code === 0) return null
  const output = `${exit.stderr}\n${exit.stdout}`
  return dockerTrouble(output) ?? causeOf('launch_failed', `docker run ended with exit code ${exit.code}`, lastLine(output))
}

const lastLine = (output: string): string | null => output.trim().split('\n').at(-1)?.trim() ?? null
