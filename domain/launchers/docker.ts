import { causeOf, type Cause } from '../errors.ts'
import { onHost } from '../host-facts.ts'
import { shellWords } from '../shell-words.ts'
import type { Argv } from '../names.ts'
import { dockerTrouble } from './docker-trouble.ts'
import { environment, labels, markEnvironment } from './launch-mark.ts'
import type { Launcher, LaunchExit, LaunchJob } from './launcher.ts'
import { vllmServe } from './vllm-serve.ts'

/** Plain `docker run`. The engine is process 1 of its container, so that the container ends with it and keeps its log and exit code. */
export const dockerRun: Launcher = {
  maxHosts: 1,
  stopGraceS: 15,
  containerIsEngine: true,
  launch: run,
  probe: () => null,
  probeTrouble: () => null,
  launchTrouble,
}

function run(job: LaunchJob): Argv {
  const { model, host, mark } = job
  return [
    ...['docker', 'run', '--detach', '--name', model.container, '--network', 'host', '--ipc', 'host', '--gpus', 'all'],
    // The images differ in their entrypoint (some have `vllm serve` itself there), and a start must not turn into a download of 20 GB.
    ...['--entrypoint=', '--pull', 'never'],
    ...labels(mark),
    ...markEnvironment(mark, '--env'),
    ...environment(model.env, '--env'),
    ...mounts(job),
    ...shellWords(job.extraDockerArgs),
    ...[model.image, ...vllmServe(model, host.vllmPort)],
  ]
}

/** Caches of weights and of compiled kernels; a local model at its own path, read-only. */
function mounts({ model, host, home }: LaunchJob): Argv {
  const caches = [`${onHost(host.hfCache, home)}:/root/.cache/huggingface`, `${home}/.cache/vllm:/root/.cache/vllm`]
  const local = model.local_path === null ? [] : [`${model.local_path}:${model.local_path}:ro`]
  return [...caches, ...local].flatMap((mount) => ['--volume', mount])
}

function launchTrouble(exit: LaunchExit): Cause | null {
  if (exit.code === 0) return null
  const output = `${exit.stderr}\n${exit.stdout}`
  return dockerTrouble(output) ?? causeOf('launch_failed', `docker run ended with exit code ${exit.code}`, lastLine(output))
}

const lastLine = (output: string): string | null => output.trim().split('\n').at(-1)?.trim() ?? null
