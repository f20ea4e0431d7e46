import { readFence, readMarker, type StoredFence } from './fence.ts'
import { readContainers, type HostContainer } from './host-facts/containers.ts'
import { readCounters, type HostCounters } from './host-facts/counters.ts'
import { readComputeApps, readGpu, type ComputeApp, type GpuFacts } from './host-facts/gpu.ts'
import { kilobytes } from './host-facts/kilobytes.ts'
import { factsParts, type FactsPart } from './host-facts/script.ts'
import type { StepMarker } from './mark.ts'
import type { Millis } from './names.ts'

export type { ContainerMark, HostContainer } from './host-facts/containers.ts'
export type { ComputeApp, GpuFacts } from './host-facts/gpu.ts'

/** What one look at a host shows. Null stands for what the host could not tell, never for zero. */
export interface HostFacts {
  /** The host's clock when the look began. */
  readonly hostTimeMs: Millis | null
  readonly bootId: string | null
  /** The SSH user's home directory: what `~/` in cluster.yaml stands for on this host. */
  readonly home: string
  readonly memTotalBytes: number | null
  readonly memAvailableBytes: number | null
  readonly gpu: GpuFacts | null
  /** Null when nvidia-smi could not be asked: then nobody knows whether an engine still computes. */
  readonly computeApps: readonly ComputeApp[] | null
  /** `ok` false: docker is missing, not allowed or hangs, and `containers` is empty because of that. */
  readonly docker: { readonly ok: boolean; readonly detail: string }
  readonly containers: readonly HostContainer[]
  readonly fence: StoredFence | null
  /** Set when there is a fence file that is none. It must never count as 0. */
  readonly fenceTrouble: string | null
  readonly marker: StepMarker | null
  readonly stateDir: 'writable' | 'unwritable' | 'missing'
  readonly stateDirFreeBytes: number | null
  readonly hfCacheFreeBytes: number | null
  /** Whether something listens on one of the ports that were asked for, on this host's loopback: its model port if none was. Null when that could not be tried. */
  readonly portListening: boolean | null
  /** Only where they were asked for. */
  readonly counters?: HostCounters
}

const nothing: FactsPart = { text: '', code: null }

/** Reads what the look of host-facts/script.ts printed. Null when it did not get to its end. */
export function readFacts(stdout: string): HostFacts | null {
  const parts = factsParts(stdout)
  if (parts === null) return null
  const part = (name: string): FactsPart => parts.get(name) ?? nothing
  const text = (name: string): string | null => (part(name).code === 0 ? part(name).text : null)
  const { fence, trouble } = fenceOf(part('fence'))
  const memory = text('meminfo') ?? ''
  const apps = text('apps')
  return {
    hostTimeMs: whole(text('time')),
    bootId: text('boot'),
    home: text('home') ?? '',
    memTotalBytes: kilobytes(memory, 'MemTotal'),
    memAvailableBytes: kilobytes(memory, 'MemAvailable'),
    gpu: readGpu(text('gpu') ?? ''),
    computeApps: apps === null ? null : readComputeApps(apps),
    ...dockerOf(part('docker'), parts.get('inspect')),
    fence,
    fenceTrouble: trouble,
    marker: readMarker(text('marker')),
    stateDir: stateDirOf(part('state_dir').text),
    stateDirFreeBytes: freeBytes(text('state_disk')),
    hfCacheFreeBytes: freeBytes(text('cache_disk')),
    portListening: listeningOf(text('listening') ?? ''),
    ...(parts.has('figures') && { counters: readCounters(part('figures').text, memory, text('disk') ?? '') }),
  }
}

/** Reads what the small look at fence and marker printed. Null when it did not get to its end. */
export function readState(stdout: string): Pick<HostFacts, 'fence' | 'fenceTrouble' | 'marker'> | null {
  const parts = factsParts(stdout)
  if (parts === null) return null
  const { fence, trouble } = fenceOf(parts.get('fence') ?? nothing)
  const marker = parts.get('marker') ?? nothing
  return { fence, fenceTrouble: trouble, marker: readMarker(marker.code === 0 ? marker.text : null) }
}

/** A path of cluster.yaml as the host means it. */
export const onHost = (path: string, home: string): string => (path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path)

function fenceOf({ text, code }: FactsPart): ReturnType<typeof readFence> {
  if (code === null) return readFence(null)
  return code === 0 ? readFence(text) : { fence: null, trouble: text.slice(0, 200) }
}

function dockerOf(listed: FactsPart, inspected: FactsPart | undefined): Pick<HostFacts, 'docker' | 'containers'> {
  if (listed.code !== 0) {
    const said = listed.code === 124 ? 'docker does not answer' : (listed.text.split('\n')[0] ?? '').slice(0, 300)
    return { docker: { ok: false, detail: said === '' ? 'docker failed' : said }, containers: [] }
  }
  const none = inspected === undefined
  if (none && /^[[{]/m.test(listed.text))
    return { docker: { ok: false, detail: 'docker ps answers in a form that is not understood' }, containers: [] }
  // inspect fails for a container that went away in between, and still tells of the others
  const containers = none ? [] : readContainers(inspected.text)
  return containers === null
    ? { docker: { ok: false, detail: 'docker inspect does not answer' }, containers: [] }
    : { docker: { ok: true, detail: '' }, containers }
}

/** `PORT CODE` lines, the code being that of a connection: 0 open, 1 refused, anything else unknown. */
function listeningOf(text: string): boolean | null {
  const codes = text.split('\n').flatMap((line) => /^\d+ (\d+)$/.exec(line.trim())?.[1] ?? [])
  if (codes.includes('0')) return true
  return codes.length > 0 && codes.every((code) => code === '1') ? false : null
}

const stateDirOf = (word: string): HostFacts['stateDir'] => (word === 'writable' || word === 'unwritable' ? word : 'missing')

const whole = (text: string | null): number | null => (text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null)

/** The figure under the heading `Avail` of `df`. */
const freeBytes = (text: string | null): number | null => whole(text?.split('\n').at(-1)?.trim() ?? null)
