import { causeOf, type Cause } from '../errors.ts'
import type { Model } from '../model.ts'
import { dockerTrouble } from './docker-trouble.ts'
import { hasFlag, type LauncherFeatures } from './features.ts'
import type { Installed } from './installed.ts'
import type { LaunchExit } from './launcher.ts'
import { servesByKnobs } from './parallelism.ts'

/** What launch-cluster.sh names its container when nobody says otherwise. */
const defaultContainer = 'vllm_node'

/** Why the installed spark-vllm-docker cannot start this model on so many hosts; judged before anything is touched, because it would ask or half-start instead of refusing. */
export function installedTrouble(installed: Installed, model: Model, hosts: number): Cause | null {
  const { dir, help, runs, features, missing, dotEnv, dotEnvContainer, recipe } = installed
  const inDir = dir === '' ? '' : ` in ${dir}`
  if (!runs) return causeOf('launcher_missing', `launch-cluster.sh is not there or cannot be run${inDir}`, lastLine(help))
  if (features === null)
    return causeOf('launcher_missing', `What launch-cluster.sh${inDir} says of itself is not understood: it is no help`, lastLine(help))
  const lacking = lacks(features, model, hosts)
  if (lacking !== null) {
    const where = dir === '' ? ' in its folder' : inDir
    return causeOf('launcher_outdated', `The installed spark-vllm-docker is too old: ${lacking}. Run \`git pull\`${where} on the host.`)
  }
  if (missing.length > 0) return causeOf('launcher_missing', `spark-vllm-docker has no ${missing.join(', no ')}${inDir}`)
  if (model.container === defaultContainer && dotEnvContainer !== null && dotEnvContainer !== defaultContainer) {
    return causeOf(
      'launcher_missing',
      `.env of spark-vllm-docker calls the container ${dotEnvContainer}: say \`container: ${dotEnvContainer}\` for this host in cluster.yaml, or take CONTAINER_NAME out of ${dir}/.env`,
    )
  }
  return recipe === null ? null : recipeTrouble(recipe, model, hosts, dotEnv, dir)
}

/** What the model needs and the help does not name, in words; null when all of it is there. */
function lacks(features: LauncherFeatures, model: Model, hosts: number): string | null {
  const { ray, earlyoom, mods = [], launch_script, recipe, master_port } = model.launch
  const several = hosts > 1
  // Versions before it take `--solo stop` for a start.
  if (!several && !hasFlag(features, '--solo')) return 'launch-cluster.sh does not know --solo'
  if (!hasFlag(features, '-e', '--env')) return 'launch-cluster.sh does not know -e, so that what it starts could not be recognised again'
  // Both came with the version that starts a command in the background; before it, `-d exec` stays in the foreground and ends with our connection.
  if (features.ray === 'always') {
    return several && ray !== true
      ? 'launch-cluster.sh always uses Ray and cannot start a model in the background'
      : 'launch-cluster.sh cannot start a model in the background (it knows neither --ray nor --no-ray)'
  }
  if (earlyoom === true && !hasFlag(features, '--earlyoom')) return 'launch-cluster.sh does not know --earlyoom'
  if (mods.length > 0 && !hasFlag(features, '--apply-mod')) return 'launch-cluster.sh does not know --apply-mod'
  if (launch_script !== undefined && !hasFlag(features, '--launch-script')) return 'launch-cluster.sh does not know --launch-script'
  if (several && master_port !== undefined && !hasFlag(features, '--master-port', '--head-port'))
    return 'launch-cluster.sh does not know --master-port'
  const broken = several && ray !== true && features.ray === 'default' ? brokenOnTheWay(model) : null
  if (broken !== null) return `launch-cluster.sh would take the quotes out of ${broken} on its way to the second host`
  return recipe === undefined ? null : lacksForRecipe(features, ray === true, several)
}

/** Before `--ray`, the command of another host went through one shell more than it was quoted for; a script of its own did not. */
const brokenOnTheWay = (model: Model): string | null =>
  servesByKnobs(model) ? (model.knobs.extra_args.find((word) => /[^\w./:=@%+,-]/.test(word)) ?? null) : null

function lacksForRecipe({ recipes, recipeFlags, ray }: LauncherFeatures, wantsRay: boolean, several: boolean): string | null {
  if (!recipes) return 'it has no run-recipe.sh'
  const lacking = ['--solo', '--port', '--name', '-d', '-e'].find((flag) => recipeFlags !== null && !recipeFlags.includes(flag))
  if (lacking !== undefined) return `run-recipe.sh does not know ${lacking}`
  const way = wantsRay ? (ray === 'asked' ? '--ray' : null) : ray === 'default' ? '--no-ray' : null
  return several && way !== null && recipeFlags !== null && !recipeFlags.includes(way) ? `run-recipe.sh does not know ${way}` : null
}

/** run-recipe.sh asks on its input where an image is missing or the cluster was never set up; nobody answers there. */
function recipeTrouble(recipe: NonNullable<Installed['recipe']>, model: Model, hosts: number, dotEnv: boolean, dir: string): Cause | null {
  const name = model.launch.recipe ?? ''
  if (recipe.clusterOnly && hosts === 1) return causeOf('too_few_hosts', `The recipe ${name} runs on several hosts only (cluster_only)`)
  if (recipe.soloOnly && hosts > 1) return causeOf('too_many_hosts', `The recipe ${name} runs on one host only (solo_only)`)
  if (hosts > 1 && !dotEnv) {
    return causeOf(
      'launcher_missing',
      `The cluster was never set up for recipes: there is no .env. Run \`./run-recipe.sh --discover\` once in ${dir} on the host.`,
    )
  }
  if (model.image !== '' || recipe.imageThere) return null
  return causeOf(
    'image_missing',
    recipe.image === null
      ? `The recipe ${name} names no container image`
      : `The image ${recipe.image} of the recipe ${name} is not on the host: build it there with \`./run-recipe.sh ${name} --build-only\``,
  )
}

/** It answers 0 even when docker run failed, and starts a second engine in a container that runs already: only its words tell. */
export function scriptTrouble(exit: LaunchExit): Cause | null {
  const output = `${exit.stdout}\n${exit.stderr}`
  const lines = output.split('\n').map((line) => line.trim())
  const skipped = lines.find((line) => line.includes('already running. Skipping launch'))
  if (skipped !== undefined) return causeOf('launch_failed', 'launch-cluster.sh found a running container and started into it', skipped)
  const asked = lines.find((line) => /\[y\/N\]|EOFError/i.test(line))
  if (asked !== undefined) return causeOf('launch_failed', 'The launcher asked a question that nobody is there to answer', asked)
  const refused = dockerTrouble(output)
  if (refused !== null) return refused
  const image = lines.find((line) => /^Error: (Could not inspect image|Docker image mismatch)/.test(line))
  if (image !== undefined) return causeOf('image_missing', 'The hosts do not all have the same image', image)
  if (exit.code === 0) return null
  // usage follows an error that it explains
  const said = lines.find((line) => line.startsWith('Error:')) ?? lines.findLast((line) => line !== '') ?? null
  return causeOf('launch_failed', `The launcher ended with exit code ${exit.code}`, said)
}

const lastLine = (text: string): string | null => text.trim().split('\n').at(-1) ?? null
