import type { ArbiterView } from '../arbitration/command.ts'
import type { HostName } from '../names.ts'
import type { EngineLook } from '../host-look.ts'
import type { Cause } from '../errors.ts'
import type { HostFacts } from '../host-facts.ts'
import { failed, ok, skipped, type RunEnd } from './run-end.ts'

/** What a sweep saw of one host. */
export interface SweptHost {
  readonly host: HostName
  readonly facts: Pick<HostFacts, 'docker' | 'fenceTrouble' | 'stateDir'> | Cause
  readonly engine: EngineLook
}

/** All that is wrong, host by host. Hosts on which a swap works now are passed over: they are not what they will be. */
export function sweepEnd(swept: readonly SweptHost[], { deployments, active }: Pick<ArbiterView, 'deployments' | 'active'>): RunEnd {
  const swapping = active.flatMap((swap) => swap.affectedHosts)
  const seen = swept.filter(({ host }) => !swapping.includes(host))
  const passed = swept.length === seen.length ? '' : '; a swap is running on the others'
  const troubles = seen.flatMap((one) => troublesOf(one, deployments))
  if (troubles.length > 0) return failed(troubles.join('; '))
  if (seen.length === 0) return skipped('a swap is running on all of these hosts')
  return ok(`${seen.map(({ host }) => host).join(', ')}: all well${passed}`)
}

function troublesOf({ host, facts, engine }: SweptHost, deployments: ArbiterView['deployments']): string[] {
  const deployment = deployments.find((one) => one.hosts[0] === host)
  const silent = deployment !== undefined && !engine.healthy ? [`${host}: ${deployment.model ?? 'its model'} is not healthy`] : []
  const wanted = deployment?.snapshot?.served_name
  const other =
    wanted !== undefined && engine.healthy && engine.serving?.id !== wanted
      ? [`${host}: serves ${engine.serving?.id ?? 'nothing'} instead of ${wanted}`]
      : []
  return [...hostTroubles(facts).map((trouble) => `${host}: ${trouble}`), ...silent, ...other]
}

function hostTroubles(facts: SweptHost['facts']): string[] {
  if ('code' in facts) return [facts.message]
  return [
    ...(facts.docker.ok ? [] : [`docker: ${facts.docker.detail}`]),
    ...(facts.fenceTrouble === null ? [] : [`the fence cannot be read: ${facts.fenceTrouble}`]),
    ...(facts.stateDir === 'writable' ? [] : [`the state directory is ${facts.stateDir}`]),
  ]
}
