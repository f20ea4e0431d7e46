import type { Host } from '../cluster.ts'
import { onHost } from '../host-facts.ts'
import type { Inspected } from './inspected.ts'

/** A folder of the host in the container. */
export interface AdoptedMount {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

export interface AdoptedMounts {
  /** What our launchers do not mount by themselves. */
  readonly further: readonly AdoptedMount[]
  /** Where its Hugging Face cache lies on the host; null where it has none. */
  readonly hfCache: string | null
  /** Why it cannot be mounted in the same way again. */
  readonly trouble: string | null
}

const hfTarget = '/root/.cache/huggingface'
/** Mounted by the launchers at each start. */
const caches: ReadonlySet<string> = new Set(['/root/.cache/vllm', '/root/.cache/flashinfer', '/root/.triton', '/root/.tilelang'])

/** Reads the mounts of a container: what is there at each start anyway, and what must be asked for. */
export function adoptedMounts({ Mounts }: Inspected, host: Pick<Host, 'hfCache'>, home: string): AdoptedMounts {
  const all = (Mounts ?? []).map(({ Type, Name, Source, Destination, RW }) => ({
    source: Type === 'volume' ? '' : Source.replace(/(.)\/$/, '$1'),
    volume: Type === 'volume' ? (Name ?? 'without a name') : null,
    target: Destination,
    readOnly: !RW,
  }))
  const hfCache = all.find(({ target }) => target === hfTarget)?.source ?? null
  const further = all.filter(({ target }) => target !== hfTarget && !caches.has(target))
  const named = further.find(({ volume }) => volume !== null)
  const unwritable = further.find(({ source, target }) => /[\p{Cc}:,]/u.test(source + target))
  const ours = onHost(host.hfCache, home)
  const trouble =
    named !== undefined
      ? `its volume ${named.volume ?? ''} at ${named.target} is docker's own: only folders of the host can be mounted again`
      : unwritable !== undefined
        ? `its mount at ${unwritable.target} has a colon or comma in its path`
        : hfCache !== null && hfCache !== ours
          ? `its Hugging Face cache is ${hfCache}, and hf_cache of this host is ${ours}`
          : null
  return { further: further.map(({ source, target, readOnly }) => ({ source, target, readOnly })), hfCache, trouble }
}

/** A path in the container as the host has it; null where nothing of the host is there. */
export function behindMount(path: string, mounts: readonly AdoptedMount[]): string | null {
  const inside = (mount: AdoptedMount): boolean => path === mount.target || path.startsWith(`${mount.target.replace(/\/$/, '')}/`)
  const mount = mounts.filter(inside).sort((a, b) => b.target.length - a.target.length)[0]
  if (mount === undefined) return null
  const rest = path.slice(mount.target.replace(/\/$/, '').length)
  return `${mount.source === '/' ? '' : mount.source}${rest === '/' ? '' : rest}` || '/'
}
