import type { Host } from '../cluster.ts'
import { launchOptionsOf, type LaunchOptions } from '../launch-options.ts'
import type { Model, ModelFileEntry } from '../model.ts'
import { ofTheImage } from './docker.ts'
import { fabricOf } from './launch-place.ts'
import { dockerArgumentsTrouble, variableTrouble } from './mark-trouble.ts'
import { hostsTrouble } from './parallelism.ts'

/** What is wrong with an entry of the catalog for its launcher, and at which of its fields. */
export interface EntryProblem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Everything about an entry that a schema of single fields cannot say. `hosts` are those that its placement names. */
export function entryProblems(entry: ModelFileEntry, model: Model, hosts: readonly Host[]): EntryProblem[] {
  return [
    ...foreignOptions(entry),
    ...togetherProblems(entry),
    ...markProblems(entry),
    ...placementProblems(entry, model, hosts),
    ...wordProblems(entry, hosts.length > 1),
  ]
}

function foreignOptions({ launcher, launch }: ModelFileEntry): EntryProblem[] {
  const own: readonly string[] = launchOptionsOf[launcher]
  return Object.keys(launch)
    .filter((option) => !own.includes(option))
    .map((option) => ({ path: ['launch', option], message: `${launcher} has no ${option}; it belongs to ${ownersOf(option)}` }))
}

const ownersOf = (option: string): string =>
  Object.entries(launchOptionsOf)
    .filter(([, options]) => (options as readonly string[]).includes(option))
    .map(([launcher]) => launcher)
    .join(' and ')

function togetherProblems({ launcher, launch, image, container }: ModelFileEntry): EntryProblem[] {
  const given = (option: keyof LaunchOptions): boolean => launch[option] !== undefined
  const problems: EntryProblem[] = []
  const refuse = (option: string, message: string): void => void problems.push({ path: ['launch', option], message })
  if (launcher === 'command') {
    for (const option of launchOptionsOf.command)
      if (!given(option)) problems.push({ path: ['launch'], message: `the launcher command needs launch.${option}` })
    if (image !== undefined) problems.push({ path: ['image'], message: 'the launcher command has no image' })
    if (container !== undefined) problems.push({ path: ['container'], message: 'the launcher command has no container' })
  }
  if (given('recipe')) {
    if (given('launch_script')) refuse('launch_script', 'a recipe has its own command: `recipe` or `launch_script`, not both')
    if (given('mods')) refuse('mods', 'a recipe brings its own mods: write them into the recipe')
    if (given('earlyoom')) refuse('earlyoom', 'run-recipe.sh does not pass it on')
  }
  if (launch.entrypoint === ofTheImage && !given('arguments'))
    refuse('entrypoint', '`image` needs `arguments`: what its own entry point expects is not known')
  return problems
}

/** Two of the same name: the later counts, and ours comes first. */
function markProblems({ env, launch }: ModelFileEntry): EntryProblem[] {
  const hidden = dockerArgumentsTrouble(launch.extra_docker_args ?? '')
  return [
    ...Object.keys(env).flatMap((name) => {
      const message = variableTrouble(name)
      return message === null ? [] : [{ path: ['env', name], message }]
    }),
    ...(hidden === null ? [] : [{ path: ['launch', 'extra_docker_args'], message: hidden }]),
  ]
}

function placementProblems({ launcher, launch, placement }: ModelFileEntry, model: Model, hosts: readonly Host[]): EntryProblem[] {
  const named = placement === undefined || placement === 'any' ? [] : placement
  const twice = named.flatMap((host, i) => (named.indexOf(host) === i ? [] : [{ path: ['placement', i], message: `${host} is named twice` }]))
  if (twice.length > 0) return twice
  if (launch.ray === true && placement !== undefined && named.length < 2) return [{ path: ['launch', 'ray'], message: 'one host has no need of Ray' }]
  const trouble = placement === 'any' ? hostsTrouble(model, 1) : named.length === 0 ? null : hostsTrouble(model, named.length)
  if (trouble !== null) return [{ path: ['placement'], message: trouble.message }]
  if (launcher !== 'spark-vllm-docker' || hosts.length < 2) return []
  // It compares them with the addresses of its own interfaces.
  const unnamed = hosts.find((host) => !isAddress(fabricOf({ host })))
  if (unnamed === undefined) return []
  return [
    {
      path: ['placement'],
      message: `${unnamed.name} needs a fabric_address in cluster.yaml: launch-cluster.sh wants IP addresses, not ${fabricOf({ host: unnamed })}`,
    },
  ]
}

const isAddress = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || text.includes(':')

/**
 * launch-cluster.sh pastes these texts into a command line without quoting them: white space splits them, `*` may become file names, and on a second host
 * a shell reads the whole line.
 */
function wordProblems(entry: ModelFileEntry, several: boolean): EntryProblem[] {
  if (entry.launcher !== 'spark-vllm-docker') return []
  const texts: [readonly PropertyKey[], string][] = [
    ...Object.entries(entry.env).map(([name, value]): [PropertyKey[], string] => [['env', name], value]),
    ...(entry.launch.volumes ?? []).map((volume, i): [PropertyKey[], string] => [['launch', 'volumes', i], volume]),
    ...(entry.local_path === undefined ? [] : [[['local_path'], entry.local_path] as [PropertyKey[], string]]),
  ]
  const quoted = /["']/.test(entry.launch.extra_docker_args ?? '')
  const split = 'launch-cluster.sh splits them at all white space, also within quotes: use the launcher docker for it'
  const unfit = several ? /[^\w./:=@%+,-]/ : /[\s*?[\]]/
  return [
    ...(quoted ? [{ path: ['launch', 'extra_docker_args'], message: split }] : []),
    ...texts.flatMap(([path, text]) => {
      const sign = unfit.exec(path[1] === 'volumes' ? text.replace(/^~/, '') : text)?.[0]
      return sign === undefined
        ? []
        : [{ path, message: `launch-cluster.sh cannot pass on ${sign.trim() === '' ? 'white space' : sign}: use the launcher docker for it` }]
    }),
  ]
}
