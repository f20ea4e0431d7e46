import { causeOf, type Cause } from '../errors.ts'
import { shellWords } from '../shell-words.ts'
import type { Argv } from '../names.ts'
import { dockerTrouble } from './docker-trouble.ts'
import { environment, labels, markEnvironment } from './launch-mark.ts'
import { launchPlace } from './launch-place.ts'
import type { Launcher, LaunchExit, LaunchJob } from './launcher.ts'
import { vllmServe } from './vllm-serve.ts'

/** Plain `docker run`. The engine is process 1 of its container, so that the container ends with it and keeps its log and exit code. */
export const dockerRun: Launcher = {
  maxHosts: 1,
  stopGraceS: 15,
  containerIsEngine: true,
  startedFrom: 'each',
  launch: run,
  probe: () => null,
  features: () => null,
  probeTrouble: () => null,
  launchTrouble,
  commands: null,
}

function run(job: LaunchJob): Argv {
  const { model, mark } = job
  const { port, extraDockerArgs } = launchPlace(job)
  return [
    ...['docker', 'run', '--detach', '--name', model.container, '--network', 'host', '--ipc', 'host', '--gpus', 'all'],
    // The images differ in their entrypoint (some have `vllm serve` itself there), and a start must not turn into a download of 20 GB.
    ...['--entrypoint=', '--pull', 'never'],
    ...labels(mark),
    ...markEnvironment(mark, '--env'),
    ...environment(model.env, '--env'),
    ...mounts(job),
    ...shellWords(extraDockerArgs),
    ...[model.image, ...vllmServe(model, port)],
  ]
}

/** Caches of weights and of compiled kernels; a local model at its own path, read-only. */
function mounts(job: LaunchJob): Argv {
  const { model } = job
  const { node, hfCache } = launchPlace(job)
  const caches = [`${hfCache}:/root/.cache/huggingface`, `${node.home}/.cache/vllm:/root/.cache/vllm`]
  const local = model.local_path === null ? [] : [`${model.local_path}:${model.local_path}:ro`]
  return [...caches, ...local].flatMap((mount) => ['--volume', mount])
}

function launchTrouble(exit: LaunchExit): Cause | null {
  if (exit.code === 0) return null
  const output = `${exit.stderr}\n${exit.stdout}`
  return dockerTrouble(output) ?? causeOf('launch_failed', `docker run ended with exit code ${exit.code}`, lastLine(output))
}

const lastLine = (output: string): string | null => output.trim().split('\n').at(-1)?.trim() ?? null
