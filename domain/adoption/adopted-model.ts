import type { Host } from '../cluster.ts'
import type { LaunchOptions } from '../launch-options.ts'
import { Model, weightsOf, type LauncherName } from '../model.ts'
import { ContainerName, type HostName } from '../names.ts'
import { typed } from '../shell.ts'
import type { Settings } from '../settings.ts'
import { adoptedEnvironment } from './environment.ts'
import { firstProcess, Inspected, publishedPort } from './inspected.ts'
import type { SeenContainer } from './look.ts'
import { adoptedMounts, behindMount, type AdoptedMount, type AdoptedMounts } from './mounts.ts'
import { readVllmArguments, type VllmArguments } from './vllm-arguments.ts'
import { onlyWaits, serverAmong, serverArguments } from './vllm-command.ts'

/** A container that somebody else started, read so that it can be put back after a swap. */
export interface Adopted {
  readonly container: ContainerName
  /** Where it serves on its host; null when its command line does not say it. */
  readonly port: number | null
  readonly servedName: string | null
  /** What it loaded: a repository, or a folder of the host. Null for what is no vLLM. */
  readonly weights: string | null
  /** All hosts that it runs on, head first. */
  readonly hosts: readonly HostName[]
  /** All that starts it again; null when that is not possible, and then `why` says why. */
  readonly snapshot: Model | null
  readonly why: string | null
  /** What of it will differ when it is started again, in plain words. */
  readonly notes: readonly string[]
}

export interface AdoptionPlace {
  /** The host that was looked at, and the home directory of its SSH user. */
  readonly host: Host
  readonly home: string
  /** All hosts of the cluster: a model on as many as there are runs on all of them. */
  readonly hosts: readonly Host[]
  readonly settings: Pick<Settings, 'launch_s' | 'launch_stall_s'>
  /** Models that are known: one that loads the same weights under the same name gives its key. */
  readonly catalog: Iterable<Model>
  /** What `/v1/models` of its port answered first; null when it was not asked or did not answer. */
  readonly served: { readonly id: string; readonly root: string | null } | null
}

/** vLLM's own port where nobody says another. */
const vllmPort = 8000
const repository = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/

/** Reads a running container. Null when it is no vLLM, or docker did not tell of it. Nothing secret is in the answer. */
export function adoptedModel(seen: SeenContainer, place: AdoptionPlace): Adopted | null {
  const read = Inspected.safeParse(seen.inspect)
  if (!read.success || !ContainerName.safeParse(read.data.Name).success) return null
  const inspected = read.data
  const first = firstProcess(inspected)
  const byScript = onlyWaits(first)
  const argv = byScript ? serverAmong(seen.commands) : (serverArguments(first) ?? serverAmong(seen.commands))
  if (argv === null) return byScript || place.served === null ? null : unknownEntry(inspected, place, first)
  const told = readVllmArguments(argv)
  const mounts = adoptedMounts(inspected, place.host, place.home)
  const { env, secrets } = adoptedEnvironment(inspected, seen.imageEnv, byScript)
  const inContainer = told.weights ?? place.served?.root ?? null
  const weights = inContainer === null || repository.test(inContainer) ? inContainer : behindMount(inContainer, mounts.further)
  const port = publishedPort(inspected, told.port ?? vllmPort)
  const hosts = hostsOf(told, place)
  const servedName = place.served?.id ?? told.servedNames[0] ?? inContainer
  const known = { container: inspected.Name, port, servedName, weights, hosts: hosts ?? [place.host.name] }
  const why = whyNot({ told, mounts, secrets, weights, inContainer, port, hosts, byScript })
  if (why !== null) return { ...known, snapshot: null, why, notes: [] }
  const launcher: LauncherName = byScript ? 'spark-vllm-docker' : 'docker'
  const local = weights !== null && !repository.test(weights)
  const further = mounts.further.filter((mount) => !(local && weights === behindMount(inContainer ?? '', [mount])))
  const draft = {
    key: '',
    name: servedName ?? inspected.Name,
    repo: local ? null : weights,
    local_path: local ? weights : null,
    local,
    launcher,
    image: inspected.Config.Image,
    container: inspected.Name,
    placement: [...known.hosts],
    port: port === place.host.vllmPort ? null : port,
    launch: launchOptions(inspected, told, launcher, further),
    served_name: told.servedNames[0] ?? servedName ?? '',
    alias: told.servedNames[1] ?? null,
    knobs: told.knobs,
    env: { ...env },
    memory_gib: null,
    weights_gib: null,
    checks: [],
    launch_s: place.settings.launch_s,
    launch_stall_s: place.settings.launch_stall_s,
    notes: null,
    source: null,
  }
  const snapshot = Model.safeParse({ ...draft, key: keyOf(draft, place.catalog) })
  if (!snapshot.success)
    return { ...known, snapshot: null, why: `its ${snapshot.error.issues[0]?.path.join('.') ?? 'form'} fits no catalog entry`, notes: [] }
  return { ...known, snapshot: snapshot.data, why: null, notes: notesOf(inspected, told, secrets, local && weights !== inContainer ? weights : null) }
}

function unknownEntry(inspected: Inspected, { host, served }: AdoptionPlace, first: readonly string[]): Adopted {
  const shown = typed(first.slice(0, 2)).slice(0, 120)
  return {
    container: inspected.Name,
    port: null,
    servedName: served?.id ?? null,
    weights: served?.root ?? null,
    hosts: [host.name],
    snapshot: null,
    why: `it is started by ${shown === '' ? 'an unknown entry point' : shown}, which is no vllm serve`,
    notes: [],
  }
}

/** All hosts of a model on several, head first; null when nobody can tell which they are. */
function hostsOf({ nodes, rank, ray, knobs }: VllmArguments, { host, hosts }: AdoptionPlace): readonly HostName[] | null {
  const several = ray ? Math.max(nodes, (knobs.tensor_parallel_size ?? 1) * (knobs.pipeline_parallel_size ?? 1)) : nodes
  if (several === 1) return [host.name]
  if (several !== hosts.length) return null
  const others = hosts.filter(({ name }) => name !== host.name).map(({ name }) => name)
  if (rank === 0) return [host.name, ...others]
  return hosts.length === 2 ? [...others, host.name] : null
}

/** HF tokens are for downloads: what runs has its weights already. */
const onlyForDownloads: ReadonlySet<string> = new Set([
  'HF_TOKEN',
  'HUGGING_FACE_HUB_TOKEN',
  'HUGGINGFACE_TOKEN',
  'HUGGINGFACE_HUB_TOKEN',
  '--hf-token',
])

interface Judged {
  readonly told: VllmArguments
  readonly mounts: AdoptedMounts
  readonly secrets: readonly string[]
  readonly weights: string | null
  readonly inContainer: string | null
  readonly port: number | null
  readonly hosts: readonly HostName[] | null
  readonly byScript: boolean
}

function whyNot({ told, mounts, secrets, weights, inContainer, port, hosts, byScript }: Judged): string | null {
  const lost = [...secrets, ...told.secretFlags].filter((name) => !onlyForDownloads.has(name))
  if (lost.length > 0) return `it was started with secrets that are not kept: ${lost.join(', ')}`
  if (told.socket) return 'it listens on a socket file, not on a port'
  if (inContainer === null) return 'its command line does not say which model it loads'
  if (weights === null) return `its weights at ${inContainer} are inside the container, not on the host`
  if (port === null) return 'its port is not published on the host'
  if (hosts === null) return `it runs on ${told.nodes > 1 ? `${told.nodes} hosts` : 'several hosts'}, and nobody can tell which they are`
  if (told.ray && !byScript) return 'it runs by Ray, which the docker launcher does not start'
  return mounts.trouble
}

function launchOptions(inspected: Inspected, told: VllmArguments, launcher: LauncherName, further: readonly AdoptedMount[]): LaunchOptions {
  const volumes = further.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`)
  const several = told.nodes > 1 || told.ray
  const masterPort = several && told.masterPort !== null ? { master_port: told.masterPort } : {}
  if (launcher === 'docker') {
    const extra = typed(extraArguments(inspected))
    return { ...masterPort, ...(volumes.length === 0 ? {} : { volumes }), ...(extra === '' ? {} : { extra_docker_args: extra }) }
  }
  const mounted = typed(volumes.flatMap((volume) => ['-v', volume]))
  const earlyoom = firstProcess(inspected)[0]?.endsWith('earlyoom') === true
  return {
    ...masterPort,
    ...(told.ray ? { ray: true } : {}),
    ...(earlyoom ? { earlyoom: true } : {}),
    ...(mounted === '' ? {} : { extra_docker_args: mounted }),
  }
}

/** Rights and limits that the docker launcher does not give by itself. */
function extraArguments({ HostConfig, Config }: Inspected): string[] {
  const host = HostConfig ?? {}
  return [
    ...(host.Privileged === true ? ['--privileged'] : []),
    ...(host.Ulimits ?? []).flatMap(({ Name, Soft, Hard }) => ['--ulimit', `${Name}=${Soft}${Soft === Hard ? '' : `:${Hard}`}`]),
    ...(host.CapAdd ?? []).flatMap((capability) => ['--cap-add', capability]),
    ...(host.SecurityOpt ?? []).filter((option) => option !== 'label=disable').flatMap((option) => ['--security-opt', option]),
    ...(host.Memory === undefined || host.Memory === null || host.Memory === 0 ? [] : ['--memory', String(host.Memory)]),
    ...(Config.User === undefined || Config.User === null || Config.User === '' ? [] : ['--user', Config.User]),
  ]
}

/** The key of the catalog's own entry where it has one, else one made of its name. */
function keyOf(draft: Pick<Model, 'repo' | 'local_path' | 'served_name'>, catalog: Iterable<Model>): string {
  const same = [...catalog].filter((model) => weightsOf(model) === weightsOf(draft))
  const known = same.find((model) => model.served_name === draft.served_name) ?? (same.length === 1 ? same[0] : undefined)
  return known?.key ?? keyFor(draft.served_name === '' ? weightsOf(draft) : draft.served_name)
}

/** A catalog key out of a name: lower case, the owner of a repository left out. */
export function keyFor(name: string): string {
  const words = name.toLowerCase().slice(name.lastIndexOf('/') + 1)
  const key = words
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64)
  return key === '' ? 'model' : key
}

function notesOf({ HostConfig }: Inspected, { servedNames, secretFlags }: VllmArguments, secrets: readonly string[], moved: string | null): string[] {
  const policy = HostConfig?.RestartPolicy?.Name ?? ''
  const left = [...secrets, ...secretFlags]
  return [
    ...(left.length === 0 ? [] : [`${left.join(', ')} is left out: its weights are there already`]),
    ...(servedNames.length > 2 ? [`of its names ${servedNames.slice(2).join(', ')} is not kept`] : []),
    ...(HostConfig?.NetworkMode === 'host' ? [] : ['it gets the host’s network in place of a published port']),
    ...(policy === '' || policy === 'no' ? [] : [`docker’s restart policy ${policy} is not kept`]),
    ...(moved === null ? [] : [`its folder is mounted at ${moved} as on the host`]),
  ]
}
