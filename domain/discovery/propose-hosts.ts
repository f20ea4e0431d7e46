import { HostName } from '../names.ts'
import type { FoundEngine, HostDiscovery } from './discovery.ts'
import type { Existing } from './propose.ts'
import type { ProposedEntry } from './proposal.ts'

/** A host that was found, under the name that it gets in cluster.yaml. */
export interface NamedHost {
  readonly name: string
  readonly found: HostDiscovery
  /** The engine whose port and container name models of this host take over; null where none runs. */
  readonly main: FoundEngine | null
  /** It is the cluster's first host: models that name no placement run there. */
  readonly first: boolean
}

const usualPort = 8888
const usualContainer = 'vllm_node'
const usualCache = '~/.cache/huggingface'
const usualLauncher = '~/spark-vllm-docker'
const usualStateDir = '/var/lib/spark-control'

export function proposeHosts(
  found: readonly HostDiscovery[],
  { cluster }: Existing,
): { entries: ProposedEntry[]; named: NamedHost[]; remarks: string[] } {
  const taken = new Set(cluster?.hosts.map(({ name }) => name) ?? [])
  const named: NamedHost[] = []
  const entries: ProposedEntry[] = []
  for (const host of found) {
    const there = cluster?.hosts.find((one) => one.address === host.address && one.port === host.port)
    const name = there?.name ?? freeName(host, taken)
    taken.add(name)
    const main = mainEngine(host)
    named.push({ name, found: host, main, first: (cluster?.hosts[0]?.name ?? name) === name && named.length === 0 })
    entries.push(hostEntry(name, host, main, there !== undefined))
  }
  const begin: ProposedEntry[] =
    cluster === null && found.length > 0
      ? [
          {
            ...{ id: 'cluster_id', file: 'cluster.yaml', title: 'The name of this cluster', value: 'home', ticked: true, state: 'new', note: null },
            because: 'there is no cluster.yaml yet; it is written on each host, so choose another one where two control planes share a network',
            sources: {},
          },
        ]
      : []
  const remarks = named.flatMap(({ name, found: { engines }, main }) =>
    engines.map((engine) =>
      engine.snapshot === null
        ? `${name}: the running container ${engine.container} is adopted as it is; it cannot be put back after a swap: ${engine.why ?? ''}.`
        : engine === main
          ? `${name}: the running container ${engine.container} is adopted without a restart${engine.notes.length === 0 ? '' : ` (${engine.notes.join('; ')})`}.`
          : `${name}: the container ${engine.container} is a second engine: it is watched, never swapped.`,
    ),
  )
  return { entries: [...begin, ...entries], named, remarks }
}

function hostEntry(name: string, found: HostDiscovery, main: FoundEngine | null, exists: boolean): ProposedEntry {
  const { launcher, fabric } = found
  const cache = cacheOf(found, main)
  const container = main?.container ?? launcher?.env['CONTAINER_NAME']
  const inUse = main === null ? '' : `container ${main.container} serves there now: clients stay as they are`
  const fields: readonly (readonly [string, unknown, string, boolean])[] = [
    ['name', name, 'its own host name', true],
    ['address', found.address, 'as it was given', true],
    ['port', found.port, 'as it was given', found.port !== 22],
    ['user', found.user, 'as it was given, and the login worked', true],
    ['vllm_port', main?.port, inUse, main !== null && main.port !== null && main.port !== usualPort],
    [
      'container',
      container,
      main === null ? 'CONTAINER_NAME in the .env of spark-vllm-docker' : inUse,
      container !== undefined && container !== usualContainer,
    ],
    ['state_dir', found.state_dir.path, found.state_dir.because, found.state_dir.path !== usualStateDir],
    [
      'launcher_dir',
      atHome(launcher?.dir ?? '', found.home),
      'launch-cluster.sh lies there',
      launcher !== null && atHome(launcher.dir, found.home) !== usualLauncher,
    ],
    ['hf_cache', cache, 'the cache of the running container, or the only one there', cache !== null && cache !== usualCache],
    ['fabric_address', fabric.address, 'its address on the fast link', fabric.address !== null],
    [
      'eth_if',
      fabric.eth_if,
      launcher?.env['ETH_IF'] === undefined ? 'ibdev2netdev says that it is up' : 'ETH_IF in the .env of spark-vllm-docker',
      fabric.address !== null && fabric.eth_if !== null,
    ],
    [
      'ib_if',
      fabric.ib_if,
      launcher?.env['IB_IF'] === undefined ? 'ibdev2netdev says that it is up' : 'IB_IF in the .env of spark-vllm-docker',
      fabric.address !== null && fabric.ib_if !== null,
    ],
  ]
  const told = fields.filter(([, , , wanted]) => wanted)
  const gpu = found.gpu === null ? 'no GPU' : found.gpu.name
  const memory = found.memory_bytes === null ? '' : `, ${Math.round(found.memory_bytes / 2 ** 30)} GiB`
  return {
    id: `host:${name}`,
    file: 'cluster.yaml',
    title: `${name}: ${gpu}${memory}`,
    value: Object.fromEntries(told.map(([field, value]) => [field, value])),
    because: `found by SSH at ${found.address}${found.system === null ? '' : `: ${found.system}`}`,
    sources: Object.fromEntries(told.map(([field, , because]) => [field, because])),
    ticked: !exists,
    state: exists ? 'exists' : 'new',
    note: exists
      ? `cluster.yaml has this host already: ticked, its fields of these names are written over`
      : found.gpu === null
        ? 'it has no GPU'
        : null,
  }
}

/** The one that clients most likely use: named or placed as usual, else the first that answers. */
function mainEngine({ engines, launcher }: HostDiscovery): FoundEngine | null {
  const usual = launcher?.env['CONTAINER_NAME'] ?? usualContainer
  const rank = (engine: FoundEngine): number => (engine.answers ? 0 : 4) + (engine.container === usual ? 0 : 2) + (engine.port === usualPort ? 0 : 1)
  return engines.filter(({ port }) => port !== null).toSorted((a, b) => rank(a) - rank(b))[0] ?? null
}

function cacheOf({ caches, home }: HostDiscovery, main: FoundEngine | null): string | null {
  const dirs = caches.map(({ dir }) => atHome(dir, home))
  if (dirs.includes(usualCache) && (main === null || dirs.length === 1)) return usualCache
  const mounted = caches.find(({ models }) => models.some(({ repo }) => repo === main?.weights))
  return mounted === undefined ? (dirs[0] ?? null) : atHome(mounted.dir, home)
}

const atHome = (path: string, home: string): string =>
  home !== '' && home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path

function freeName({ hostname, address }: HostDiscovery, taken: ReadonlySet<string>): string {
  const words =
    (hostname ?? address)
      .toLowerCase()
      .split('.')[0]
      ?.replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '') ?? ''
  const wish = HostName.safeParse(words).success && /[a-z]/.test(words) ? words.slice(0, 40) : 'spark'
  for (let n = 1; ; n++) {
    const name = n === 1 ? wish : `${wish}-${n}`
    if (!taken.has(name)) return name
  }
}
