import type { Deployment } from '../deployment.ts'
import type { HostName } from '../names.ts'
import { overlap, type ArbiterState } from './state.ts'

/** A launch snapshot beyond this is not carried (ARBITER.md A6); such a deployment can't be rebuilt by a restore, as an adopted one. */
const largestSnapshot = 8_000

/** Nothing is known any more of what these hosts hold. */
export const forgetOn = (state: ArbiterState, hosts: readonly HostName[]): ArbiterState => ({
  ...state,
  deployments: state.deployments.filter((deployment) => !overlap(deployment.hosts, hosts)),
})

/** What was proven to be on its hosts. A host holds one deployment: what was known there before is replaced. */
export function place(state: ArbiterState, deployment: Deployment): ArbiterState {
  const known = new Set(state.hosts.map((entry) => entry.host))
  const hosts = deployment.hosts.filter((host) => known.has(host))
  if (hosts.length === 0) return state
  const free = forgetOn(state, hosts)
  return { ...free, deployments: [...free.deployments, { ...deployment, hosts, snapshot: carried(deployment.snapshot) }] }
}

/** What a launch does not need is left out first. */
function carried(snapshot: Deployment['snapshot']): Deployment['snapshot'] {
  if (snapshot === null) return null
  const fits = (one: object): boolean => JSON.stringify(one).length <= largestSnapshot
  if (fits(snapshot)) return snapshot
  const bare = { ...snapshot, notes: null, source: null }
  return fits(bare) ? bare : null
}
