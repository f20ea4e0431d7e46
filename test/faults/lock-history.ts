import { performance } from 'node:perf_hooks'

/** What a client asked of the lock. Tokens are the clients' own words for one another; `hosts` are all that it covers. */
export type Asked =
  | { readonly what: 'acquire'; readonly token: string; readonly hosts: readonly string[]; readonly ttl_ms: number }
  | { readonly what: 'extend'; readonly token: string; readonly ttl_ms: number }
  | { readonly what: 'release'; readonly token: string }
  | { readonly what: 'force'; readonly hosts: readonly string[] }
  | { readonly what: 'swap'; readonly token: string | null; readonly hosts: readonly string[] }

/** What it was told. `unknown` is a lost answer, or one that leaves open whether anything was done: it may have happened or not. */
export type Told =
  | { readonly kind: 'granted'; readonly fence: number | null }
  /** Somebody else holds it; the fence is that of the holder. */
  | { readonly kind: 'reserved'; readonly fence: number | null }
  | { readonly kind: 'stale' }
  | { readonly kind: 'released'; readonly count: number }
  /** Refused for another reason than the lock, or never sent: nothing was done, and it says nothing of the lock. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'unknown' }

/** One operation of a client, with the times at which it was begun and was over, by one clock that never steps back. Milliseconds. */
export interface Operation {
  readonly client: string
  readonly asked: Asked
  readonly told: Told
  readonly from_ms: number
  readonly to_ms: number
}

/** Writes down what clients of one process ask and are told. */
export class LockHistory {
  readonly #operations: Operation[] = []

  /** Carries out one operation and keeps it, whatever came of it. `carryOut` does not throw: what it does not know is `unknown`. */
  async keep(client: string, asked: Asked, carryOut: () => Promise<Told>): Promise<Told> {
    const from_ms = performance.now()
    const told = await carryOut()
    this.#operations.push({ client, asked, told, from_ms, to_ms: performance.now() })
    return told
  }

  /** All that is over by now, in the order of their beginnings. */
  get operations(): readonly Operation[] {
    return this.#operations.toSorted((a, b) => a.from_ms - b.from_ms)
  }
}

/** An operation in words, for whoever has to find out what went wrong. */
export function inWords({ client, asked, told, from_ms, to_ms }: Operation): string {
  const at = `${from_ms.toFixed(0)}–${to_ms.toFixed(0)} ms`
  const whose = 'token' in asked && asked.token !== null ? ` ${asked.token.slice(0, 8)}` : ''
  const where = 'hosts' in asked ? ` on ${asked.hosts.join('+')}` : ''
  const fence = 'fence' in told ? ` ${told.fence ?? '?'}` : 'count' in told ? ` ${told.count}` : ''
  return `${client}: ${asked.what}${whose}${where} → ${told.kind}${fence} (${at})`
}
