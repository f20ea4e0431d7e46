import type { Deployment } from '../deployment.ts'
import type { HostName } from '../names.ts'
import { overlap, union, type ArbiterState } from './state.ts'

/** A launch snapshot beyond this, or for which all together leave no room, is not carried (ARBITER.md A6); such a deployment can't be rebuilt by a restore, as an adopted one. */
const largestSnapshot = 8_000
const allSnapshots = 80_000

/** What a swap to these targets takes away. */
export const displacedBy = (state: ArbiterState, targets: readonly HostName[]): readonly Deployment[] =>
  state.deployments.filter((deployment) => overlap(deployment.hosts, targets))

/** G2: the targets, and every host of each deployment that is displaced. */
export const affectedBy = (state: ArbiterState, targets: readonly HostName[]): HostName[] =>
  union(targets, ...displacedBy(state, targets).map((deployment) => deployment.hosts))

/** Nothing is known any more of what these hosts hold. */
export const forgetOn = (state: ArbiterState, hosts: readonly HostName[]): ArbiterState => ({
  ...state,
  deployments: state.deployments.filter((deployment) => !overlap(deployment.hosts, hosts)),
})

/**
 * These hosts do not hold any more what they were known to hold. What it has left elsewhere cannot serve, and nobody can put it back as it was; but it is still
 * there, and whoever wants those hosts has it in his way.
 */
export const loseHosts = (state: ArbiterState, lost: readonly HostName[]): ArbiterState => ({
  ...state,
  deployments: state.deployments.flatMap((deployment) => {
    const kept = deployment.hosts.filter((host) => !lost.includes(host))
    return kept.length === 0 ? [] : [kept.length === deployment.hosts.length ? deployment : partOf(deployment, kept)]
  }),
})

/** The rest of a deployment that lost some of its hosts. */
export function partOf(deployment: Deployment, kept: readonly HostName[]): Deployment {
  const gone = deployment.hosts.filter((host) => !kept.includes(host))
  return { ...deployment, hosts: [...kept], validatedAt: null, snapshot: null, whyNot: `its part on ${gone.join(', ')} is gone` }
}

/** What was proven to be on its hosts. A host holds one deployment: what was known there before is replaced. */
export function place(state: ArbiterState, deployment: Deployment): ArbiterState {
  const known = new Set(state.hosts.map((entry) => entry.host))
  const hosts = deployment.hosts.filter((host) => known.has(host))
  if (hosts.length === 0) return state
  const free = forgetOn(state, hosts)
  const room = allSnapshots - free.deployments.reduce((sum, { snapshot }) => sum + lengthOf(snapshot), 0)
  const snapshot = carried(deployment.snapshot, Math.min(room, largestSnapshot))
  return { ...free, deployments: [...free.deployments, { ...deployment, hosts, snapshot }] }
}

const lengthOf = (snapshot: Deployment['snapshot']): number => (snapshot === null ? 0 : JSON.stringify(snapshot).length)

/** What a launch does not need is left out first. */
function carried(snapshot: Deployment['snapshot'], most: number): Deployment['snapshot'] {
  if (snapshot === null || lengthOf(snapshot) <= most) return snapshot
  const bare = { ...snapshot, notes: null, source: null }
  return lengthOf(bare) <= most ? bare : null
}
