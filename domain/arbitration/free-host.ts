import type { HostName, ModelKey } from '../names.ts'
import type { ArbiterView } from './command.ts'
import { affectedBy } from './deployments.ts'
import { heldByOthers } from './reservation-facts.ts'
import type { ArbiterState } from './state.ts'

/** What each host of the cluster holds or is kept for, in the words that both the arbiter's state and its view can be put in. */
export interface Holdings {
  readonly hosts: readonly { readonly host: HostName; readonly state: 'known' | 'surveying' | 'unreachable' | 'quarantined' }[]
  readonly deployments: readonly { readonly model: string | null; readonly hosts: readonly HostName[] }[]
  /** Swaps that run or wait, with where their model goes, and other changes. `hosts`: all that they occupy. */
  readonly coming: readonly Coming[]
  /** Those of others. */
  readonly reserved: readonly { readonly hosts: readonly HostName[]; readonly holder: string }[]
}

interface Coming {
  readonly model: string | null
  readonly targets: readonly HostName[]
  readonly hosts: readonly HostName[]
  readonly words: string
}

export type Chosen =
  | { readonly kind: 'hosts'; readonly hosts: readonly HostName[] }
  /** It will be known in a moment whether one is free. */
  | { readonly kind: 'surveying'; readonly hosts: readonly HostName[] }
  | { readonly kind: 'none'; readonly message: string }

/**
 * Where a model goes that may go anywhere: where it is or is on its way to already; else to the first host that was looked at, holds nothing, and that nobody
 * waits for or has reserved. With none, what is in the way on each.
 */
export function freeHost({ hosts, deployments, coming, reserved }: Holdings, model: ModelKey): Chosen {
  const own = coming.find((one) => one.model === model)?.targets ?? deployments.find((one) => one.model === model)?.hosts
  if (own !== undefined) return { kind: 'hosts', hosts: own }
  const inTheWay = hosts.map(({ host, state }) => {
    const has = <T extends { readonly hosts: readonly HostName[] }>(list: readonly T[]): T | undefined => list.find((one) => one.hosts.includes(host))
    const held = has(deployments)
    const words = has(coming)?.words ?? (held === undefined ? null : `holds ${held.model ?? 'an unknown model'}`)
    const kept = has(reserved)
    return { host, state, words: words ?? (kept === undefined ? null : `is reserved by ${kept.holder}`) }
  })
  const free = inTheWay.find(({ state, words }) => state === 'known' && words === null)
  if (free !== undefined) return { kind: 'hosts', hosts: [free.host] }
  const unseen = inTheWay.filter(({ state, words }) => state === 'surveying' && words === null)
  if (unseen.length > 0) return { kind: 'surveying', hosts: unseen.map(({ host }) => host) }
  const said = inTheWay.map(({ host, state, words }) => `${host} ${words ?? (state === 'quarantined' ? 'is in quarantine' : 'does not answer')}`)
  return { kind: 'none', message: `No host is free for ${model}: ${said.join('; ')}`.slice(0, 500) }
}

/** For the gate: whoever has this token counts as its holder. */
export const holdingsOf = (state: ArbiterState, tokenHash: string | null): Holdings => ({
  hosts: state.hosts,
  deployments: state.deployments,
  coming: [
    ...state.active.map(({ swapId, model, go }) => ({ model, targets: go.hosts, hosts: go.affectedHosts, words: runs(swapId, model) })),
    ...state.queue.map(({ swapId, model, hosts }) => ({ model, targets: hosts, hosts: affectedBy(state, hosts), words: waits(swapId, model) })),
    ...state.claims.map(({ hosts, purpose }) => ({ model: null, targets: [], hosts, words: `is busy with ${purpose}` })),
  ],
  reserved: heldByOthers(
    state,
    state.hosts.map(({ host }) => host),
    tokenHash,
  ),
})

/** For a plan, which asks nobody: as it looks from outside. `holds`: the caller has a lock. */
export const holdingsSeen = (view: ArbiterView, holds: boolean): Holdings => ({
  hosts: view.hosts,
  deployments: view.deployments,
  coming: [
    ...view.active.map(({ swapId, model, hosts, affectedHosts }) => ({ model, targets: hosts, hosts: affectedHosts, words: runs(swapId, model) })),
    ...view.queue.map(({ swapId, model, hosts }) => ({ model, targets: hosts, hosts, words: waits(swapId, model) })),
    ...view.claims.map(({ hosts, purpose }) => ({ model: null, targets: [], hosts, words: `is busy with ${purpose}` })),
  ],
  reserved: holds ? [] : view.reservations,
})

const runs = (swapId: string, model: string | null): string => `is busy with swap ${swapId} to ${model ?? 'nothing'}`
const waits = (swapId: string, model: string | null): string => `is waited for by swap ${swapId} to ${model ?? 'nothing'}`
