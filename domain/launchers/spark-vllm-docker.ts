import type { Host } from '../cluster.ts'
import { causeOf, type Cause } from '../errors.ts'
import { onHost } from '../host-facts.ts'
import type { Model } from '../model.ts'
import type { Argv } from '../names.ts'
import { dockerTrouble } from './docker-trouble.ts'
import { environment, markEnvironment } from './launch-mark.ts'
import { launchPlace } from './launch-place.ts'
import type { Launcher, LaunchExit, LaunchJob } from './launcher.ts'
import { vllmServe } from './vllm-serve.ts'

/**
 * launch-cluster.sh of spark-vllm-docker, on one host. Its container is `sleep infinity` with the engine executed into it:
 * process 1 never hears SIGTERM (so a long grace buys nothing), and the container stays `Up` when the engine is dead.
 */
export const sparkVllmDocker: Launcher = {
  maxHosts: 1,
  stopGraceS: 2,
  containerIsEngine: false,
  startedFrom: 'head',
  launch,
  probe: (host, home) => [scriptOf(host, home), '--help'],
  features: () => null,
  probeTrouble,
  launchTrouble,
  commands: null,
}

const scriptOf = (host: Host, home: string): string => `${onHost(host.launcherDir, home)}/launch-cluster.sh`
const defaultCache = '~/.cache/huggingface'

/** `-d` lets it return at once and keeps the engine alive when our connection is cut; launcher flags stand before `exec`, all behind it is the engine's. */
function launch(job: LaunchJob): Argv {
  const { model, mark } = job
  const { node, port, extraDockerArgs, hfCache } = launchPlace(job)
  const { host, home } = node
  const surroundings = [
    ...(extraDockerArgs.trim() === '' ? [] : [`VLLM_SPARK_EXTRA_DOCKER_ARGS=${extraDockerArgs}`]),
    ...(host.hfCache === defaultCache ? [] : [`HF_HOME=${hfCache}`]),
  ]
  return [
    ...(surroundings.length === 0 ? [] : ['env', ...surroundings]),
    ...[scriptOf(host, home), '--solo', '-d', '-t', model.image, '--name', model.container],
    ...markEnvironment(mark, '-e'),
    ...environment(model.env, '-e'),
    ...(model.local_path === null ? [] : ['-v', `${model.local_path}:${model.local_path}:ro`]),
    ...['exec', ...vllmServe(model, port)],
  ]
}

/** Help ends with exit code 1 in every version, so that only its text tells what the script can do. */
function probeTrouble(exit: LaunchExit, model: Model): Cause | null {
  const help = `${exit.stdout}\n${exit.stderr}`
  if (exit.code === 126 || exit.code === 127 || !/usage/i.test(help)) {
    return causeOf('launcher_missing', 'launch-cluster.sh is not there or cannot be run', help.trim().split('\n').at(-1) ?? null)
  }
  // Versions before it take `--solo stop` for a start.
  if (!help.includes('--solo'))
    return causeOf('launcher_missing', 'launch-cluster.sh is too old: it does not know --solo. Update spark-vllm-docker on the host.')
  if (model.local_path !== null && !help.includes('--volume')) {
    return causeOf(
      'launcher_missing',
      'launch-cluster.sh is too old for a local model: it does not know --volume. Update spark-vllm-docker on the host.',
    )
  }
  return null
}

/** It answers 0 even when docker run failed, and starts a second engine in a container that runs already: only its words tell. */
function launchTrouble(exit: LaunchExit): Cause | null {
  const output = `${exit.stdout}\n${exit.stderr}`
  const skipped = output.split('\n').find((line) => line.includes('already running. Skipping launch'))
  if (skipped !== undefined) return causeOf('launch_failed', 'launch-cluster.sh found a running container and started into it', skipped)
  const refused = dockerTrouble(output)
  if (refused !== null) return refused
  if (exit.code === 0) return null
  return causeOf('launch_failed', `launch-cluster.sh ended with exit code ${exit.code}`, output.trim().split('\n').at(-1) ?? null)
}
