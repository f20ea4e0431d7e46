import { Inspected } from '../adoption/inspected.ts'
import { adoptedMounts } from '../adoption/mounts.ts'
import { readCache } from './cache.ts'
import type { FoundEngine, FoundLauncher, FoundService, HostDiscovery } from './discovery.ts'
import { engineOf, type HostReading, type RunningContainer } from './host-reading.ts'
import { readLauncher, readRecipes } from './launch-script.ts'
import { fabricOf, peersOf, readAddresses } from './network.ts'
import type { Parts } from './parts.ts'
import { remarksOf } from './remarks.ts'
import { kindByAnswers, servedBy, type PortAnswers } from './service-answers.ts'

/** Where and when a host was looked at. */
export interface LookedAt {
  readonly address: string
  readonly port: number
  readonly user: string
  /** The worker's clock in the middle of the look. */
  readonly nowMs: number
}

/** All that was found on a host, out of what it told of itself and what its ports answered. Nothing secret is in it. */
export function discoverHost(reading: HostReading, answers: ReadonlyMap<number, PortAnswers>, at: LookedAt): HostDiscovery {
  const { parts, home } = reading
  const launcher = launcherIn(parts)
  const engines = enginesOf(reading, answers)
  const addresses = readAddresses(parts.text('addresses') ?? '')
  const fabric = fabricOf(launcher?.env ?? {}, parts.text('fabric') ?? '', addresses)
  const asked = new Map(
    parts.named('peer').flatMap((peer) => (parts.text(`peer ${peer}`) === null ? [] : [[peer, parts.anyText(`peer ${peer}`)] as const])),
  )
  const found = {
    address: at.address,
    port: at.port,
    user: at.user,
    hostname: parts.text('hostname'),
    home,
    architecture: parts.text('arch'),
    clock_ahead_s: clockAhead(parts.text('time'), at.nowMs),
    memory_bytes: memoryOf(parts.text('meminfo') ?? ''),
    gpu: gpuOf(parts.text('gpu') ?? ''),
    system: systemOf(parts.text('dgx') ?? '', parts.text('os') ?? ''),
    state_dir: stateDirOf(parts),
    docker: dockerOf(parts),
    launcher,
    recipes: launcher === null ? [] : readRecipes(parts.anyText('recipes'), launcher.dir),
    images: imagesOf(parts.text('images') ?? ''),
    caches: parts.named('cache').map((dir) => ({ dir, models: readCache(parts.anyText(`cache ${dir}`), parts.anyText(`architectures ${dir}`)) })),
    engines,
    services: servicesOf(reading, answers, engines),
    fabric,
    peers: peersOf({ env: launcher?.env ?? {}, addresses, neighbours: parts.text('neighbours') ?? '', fabric, asked, reachedAt: at.address }),
  }
  return { ...found, remarks: remarksOf(found, parts) }
}

function launcherIn(parts: Parts): FoundLauncher | null {
  const dir = parts.text('launcher_dir')
  if (dir === null) return null
  const recipeHelp = parts.code('recipe_help') === null ? null : parts.anyText('recipe_help')
  return readLauncher(dir, parts.anyText('launcher_help'), recipeHelp, parts.text('launcher_env') ?? '')
}

function enginesOf({ containers, home }: HostReading, answers: ReadonlyMap<number, PortAnswers>): FoundEngine[] {
  return containers.flatMap((container) => {
    const cache = { name: 'spark', hfCache: cacheOf(container) ?? '~/.cache/huggingface' }
    const port = engineOf(container, home, null, cache)?.port ?? container.ports.find((one) => vllmOn(answers.get(one))) ?? null
    const answer = port === null ? undefined : answers.get(port)
    const served = answer === undefined ? null : servedBy(answer)
    const adopted = engineOf(container, home, served, cache)
    if (adopted === null) return []
    const { servedName, weights, snapshot, why, notes } = adopted
    return [{ container: adopted.container, port, served_name: servedName, weights, answers: served !== null, snapshot, why, notes: [...notes] }]
  })
}

const vllmOn = (answers: PortAnswers | undefined): boolean => answers !== undefined && kindByAnswers(0, answers, '')?.kind === 'vllm'

function cacheOf({ seen }: RunningContainer): string | null {
  const read = Inspected.safeParse(seen.inspect)
  return read.success ? adoptedMounts(read.data, { hfCache: '' }, '').hfCache : null
}

function servicesOf(
  { containers, listening, ask }: HostReading,
  answers: ReadonlyMap<number, PortAnswers>,
  engines: readonly FoundEngine[],
): FoundService[] {
  return ask.flatMap((port): FoundService[] => {
    if (engines.some((engine) => engine.port === port)) return []
    const container = containers.find((one) => one.ports.includes(port))
    const loopback = listening?.find((one) => one.port === port)?.loopback === true
    const answer = answers.get(port)
    const told = answer === undefined ? null : kindByAnswers(port, answer, `${container?.name ?? ''} ${container?.image ?? ''}`)
    const kind = told ?? (answer?.open === true && container !== undefined ? ({ kind: 'tcp', because: 'it takes connections' } as const) : null)
    return kind === null ? [] : [{ ...kind, port, container: container?.name ?? null, loopback_only: loopback }]
  })
}

function clockAhead(text: string | null, nowMs: number): number | null {
  return text !== null && /^\d{13}$/.test(text) ? Math.round((Number(text) - nowMs) / 1000) : null
}

function memoryOf(meminfo: string): number | null {
  const read = /^MemTotal:\s*(\d+) kB$/m.exec(meminfo)
  return read === null ? null : Number(read[1]) * 1024
}

function gpuOf(text: string): HostDiscovery['gpu'] {
  const [name, driver] = (text.split('\n')[0] ?? '').split(',').map((field) => field.trim())
  return name === undefined || name === '' || name.length > 200
    ? null
    : { name, driver: driver === undefined || driver === '' ? null : driver.slice(0, 60) }
}

/** `/etc/dgx-release` and `/etc/os-release`, as far as there are any. */
function systemOf(dgx: string, os: string): string | null {
  const field = (text: string, name: string): string | null => new RegExp(`^${name}=["']?(.+?)["']?$`, 'm').exec(text)?.[1] ?? null
  const version = field(dgx, 'DGX_OTA_VERSION') ?? field(dgx, 'DGX_SWBUILD_VERSION')
  const words = [field(dgx, 'DGX_PRETTY_NAME') ?? field(dgx, 'DGX_NAME'), version === null ? null : `DGX OS ${version}`, field(os, 'PRETTY_NAME')]
  const told = words.filter((word) => word !== null)
  return told.length === 0 ? null : told.join(', ').slice(0, 200)
}

/** The usual place where it is ours already or root can make it without a word; else one that needs no root. */
function stateDirOf(parts: Parts): HostDiscovery['state_dir'] {
  const usual = '/var/lib/spark-control'
  if (parts.text('state_dir') === 'writable') return { path: usual, because: 'it is there and may be written' }
  if (parts.text('state_dir') === 'missing' && parts.code('sudo') === 0) return { path: usual, because: 'it can be made by sudo without a password' }
  return { path: '~/.spark-control', because: `${usual} needs root` }
}

function dockerOf(parts: Parts): HostDiscovery['docker'] {
  if (parts.code('docker') === 0) return { ok: true, detail: null }
  const said = parts.anyText('docker').split('\n')[0]?.slice(0, 300) ?? ''
  return { ok: false, detail: parts.hung('docker') ? 'docker does not answer' : said === '' ? 'docker did not answer' : said }
}

const imagesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.includes('<none>'))
    .slice(0, 200)
