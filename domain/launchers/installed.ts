import type { Host } from '../cluster.ts'
import { onHost } from '../host-facts.ts'
import type { Model } from '../model.ts'
import type { Argv } from '../names.ts'
import { flagsIn, readFeatures, type LauncherFeatures } from './features.ts'

/** spark-vllm-docker as it was found on a host, and what of it a model wants. */
export interface Installed {
  /** Its folder; empty where the text came from the script alone. */
  readonly dir: string
  /** What its help said, whether that is a help or an error. */
  readonly help: string
  readonly runs: boolean
  readonly features: LauncherFeatures | null
  /** `.env` beside the script holds the nodes of a cluster, when somebody set one up. */
  readonly dotEnv: boolean
  /** launch-cluster.sh takes this name in place of its own default, even where it was told the default. */
  readonly dotEnvContainer: string | null
  /** Files that the model wants and that are not there: `mods/x/run.sh`. */
  readonly missing: readonly string[]
  readonly recipe: WantedRecipe | null
}

export interface WantedRecipe {
  readonly found: boolean
  readonly image: string | null
  readonly imageThere: boolean
  readonly clusterOnly: boolean
  readonly soloOnly: boolean
}

/**
 * One look, which runs the help of launch-cluster.sh and reads everything else as a file: run-recipe.sh would install Python packages for its help.
 * `$1` is the folder, `$2` the recipe (or nothing), all others files that must be there. One line, as every word that goes to a host.
 */
const look = [
  'dir=$1 wanted=$2',
  'shift 2',
  `say() { printf '== %s\\n' "$1"; }`,
  `field() { sed -n "s/^$1[[:space:]]*[:=][[:space:]]*//p" "$dir/$2" | sed 's/[[:space:]]*#.*//' | tr -d '\\r"' | tr -d "'" | head -n 1; }`,
  'say "dir $dir"',
  '[ ! -f "$dir/run-recipe.sh" ] || say recipes',
  '[ ! -f "$dir/.env" ] || { say env; say "container $(field CONTAINER_NAME .env)"; }',
  'for file in "$@" $wanted; do [ -f "$dir/$file" ] || say "missing $file"; done',
  `if [ -n "$wanted" ] && [ -f "$dir/$wanted" ]; then ${[
    'say recipe',
    'for name in container cluster_only solo_only; do say "recipe_$name $(field $name "$wanted")"; done',
    '! docker image inspect --format x "$(field container "$wanted")" >/dev/null 2>&1 || say recipe_image_there',
  ].join('; ')}; fi`,
  `[ ! -f "$dir/run-recipe.py" ] || { say recipe_flags; grep -o "[\\"']--*[A-Za-z][A-Za-z0-9-]*[\\"']" "$dir/run-recipe.py"; }`,
  'say help',
  '"$dir/launch-cluster.sh" --help 2>&1',
  'say "exit $?"',
].join('; ')

export function probe(host: Host, home: string, model?: Model): Argv {
  const launch = model?.launch ?? {}
  const files = [
    ...(launch.mods ?? []).map((mod) => `mods/${mod}/run.sh`),
    ...(launch.launch_script === undefined ? [] : [`examples/${scriptFile(launch.launch_script)}`]),
  ]
  const recipe = launch.recipe === undefined ? '' : `recipes/${recipeFile(launch.recipe)}`
  return ['sh', '-c', look, 'spark-launcher', onHost(host.launcherDir, home), recipe, ...files]
}

export const recipeFile = (name: string): string => (/\.ya?ml$/.test(name) ? name : `${name}.yaml`)
export const scriptFile = (name: string): string => (/\.[A-Za-z0-9]+$/.test(name) ? name : `${name}.sh`)

/** Reads what the look printed; a text without its marks is taken for a help text alone, with `code` as its exit code. */
export function readInstalled(stdout: string, stderr: string, code: number): Installed {
  if (!stdout.startsWith('== dir ')) {
    const help = `${stdout}\n${stderr}`
    return { ...nothing, help, runs: code !== 126 && code !== 127, features: readFeatures(help, { there: false, flags: null }) }
  }
  const marks = new Map<string, string>()
  const missing: string[] = []
  const texts: Record<'help' | 'recipe_flags', string[]> = { help: [], recipe_flags: [] }
  let into: keyof typeof texts | null = null
  for (const line of stdout.split('\n')) {
    const mark = /^== (\S+)(?: (.*))?$/.exec(line)
    if (mark === null) {
      if (into !== null) texts[into].push(line)
      continue
    }
    const [, name = '', value = ''] = mark
    into = name === 'help' || name === 'recipe_flags' ? name : null
    if (name === 'missing') missing.push(value)
    else marks.set(name, value)
  }
  const help = texts.help.join('\n')
  const exit = marks.get('exit') ?? ''
  const recipes = { there: marks.has('recipes'), flags: marks.has('recipe_flags') ? flagsIn(texts.recipe_flags.join('\n')) : null }
  const container = marks.get('container') ?? ''
  return {
    dir: marks.get('dir') ?? '',
    help,
    runs: exit !== '126' && exit !== '127',
    features: readFeatures(help, recipes),
    dotEnv: marks.has('env'),
    dotEnvContainer: container === '' ? null : container,
    missing,
    recipe: marks.has('recipe') || missing.some((file) => file.startsWith('recipes/')) ? wantedRecipe(marks) : null,
  }
}

const nothing: Omit<Installed, 'help' | 'runs' | 'features'> = { dir: '', dotEnv: false, dotEnvContainer: null, missing: [], recipe: null }

const wantedRecipe = (marks: ReadonlyMap<string, string>): WantedRecipe => ({
  found: marks.has('recipe'),
  image: marks.get('recipe_container') ?? null,
  imageThere: marks.has('recipe_image_there'),
  clusterOnly: marks.get('recipe_cluster_only') === 'true',
  soloOnly: marks.get('recipe_solo_only') === 'true',
})
