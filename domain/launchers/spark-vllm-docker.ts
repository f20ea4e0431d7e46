import type { Argv } from '../names.ts'
import { environment, markEnvironment } from './launch-mark.ts'
import { nodeWords } from './cluster-nodes.ts'
import { hasFlag } from './features.ts'
import { fabricOf, launchPlace, type LaunchPlace } from './launch-place.ts'
import { probe, readInstalled, scriptFile } from './installed.ts'
import type { Launcher, LaunchJob } from './launcher.ts'
import { mostHosts } from './parallelism.ts'
import { recipeWords } from './recipe.ts'
import { installedTrouble, scriptTrouble } from './spark-vllm-trouble.ts'
import { vllmServe } from './vllm-serve.ts'

/**
 * launch-cluster.sh of spark-vllm-docker. Its container is `sleep infinity` with the engine executed into it:
 * process 1 never hears SIGTERM (so a long grace buys nothing), and the container stays `Up` when the engine is dead.
 */
export const sparkVllmDocker: Launcher = {
  maxHosts: mostHosts['spark-vllm-docker'],
  stopGraceS: 2,
  containerIsEngine: false,
  startedFrom: 'head',
  launch,
  // a recipe names its own image, and the probe looks for that one
  imageOf: ({ image, launch: { recipe } }) => (recipe !== undefined && image === '' ? null : image),
  probe,
  features: ({ stdout, stderr, code }) => readInstalled(stdout, stderr, code).features,
  probeTrouble: ({ stdout, stderr, code }, model, hosts) => installedTrouble(readInstalled(stdout, stderr, code), model, hosts),
  launchTrouble: scriptTrouble,
  commands: null,
}

const defaultCache = '~/.cache/huggingface'

/** `-d` lets it return at once and keeps the engine alive when our connection is cut; launcher flags stand before `exec`, all behind it is the engine's. */
function launch(job: LaunchJob): Argv {
  const place = launchPlace(job)
  const { model, head } = place
  const words =
    model.launch.recipe === undefined
      ? [`${place.launcherDir}/launch-cluster.sh`, ...clusterWords(job, place)]
      : [`${place.launcherDir}/run-recipe.sh`, ...recipeWords(job, place)]
  const surroundings = [
    ...extraArguments(place),
    ...(head.host.hfCache === defaultCache ? [] : [`HF_HOME=${place.hfCache}`]),
    // which of the addresses in -n is its own: it would guess by an interface
    ...(job.nodes.length === 1 ? [] : [`LOCAL_IP=${fabricOf(head)}`]),
  ]
  return [...(surroundings.length === 0 ? [] : ['env', ...surroundings]), ...words]
}

/** A folder of the host reaches the container by the script's own flag, or, where it has none, by its environment variable. */
function extraArguments({ model, head, extraDockerArgs, volumes }: LaunchPlace): string[] {
  const byFlag = model.launch.recipe === undefined && (head.features === null || hasFlag(head.features, '-v', '--volume'))
  const mounts = byFlag ? [] : volumes.map((volume) => `-v ${volume}`)
  const text = [extraDockerArgs.trim(), ...mounts].filter((part) => part !== '').join(' ')
  return text === '' ? [] : [`VLLM_SPARK_EXTRA_DOCKER_ARGS=${text}`]
}

function clusterWords(job: LaunchJob, place: LaunchPlace): Argv {
  const { model, head, launcherDir, volumes } = place
  const { features } = head
  const several = job.nodes.length > 1
  const { mods = [], launch_script, earlyoom } = model.launch
  return [
    ...(several ? nodeWords(job, place) : ['--solo']),
    ...['-d', '-t', model.image, '--name', model.container],
    ...markEnvironment(job.mark, '-e'),
    ...environment(model.env, '-e'),
    ...(features === null || hasFlag(features, '-v', '--volume') ? volumes.flatMap((volume) => ['-v', volume]) : []),
    ...mods.flatMap((mod) => ['--apply-mod', `${launcherDir}/mods/${mod}`]),
    ...(earlyoom === true ? ['--earlyoom'] : []),
    // a script takes the place of an action
    ...(launch_script === undefined
      ? ['exec', ...vllmServe(model, place.port), ...(several && model.launch.ray === true ? ['--distributed-executor-backend', 'ray'] : [])]
      : ['--launch-script', `${launcherDir}/examples/${scriptFile(launch_script)}`]),
  ]
}
