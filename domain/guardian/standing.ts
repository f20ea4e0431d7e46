import { z } from 'zod'
import type { Deployment } from '../deployment.ts'
import type { HostContainer, HostFacts } from '../host-facts.ts'
import { HostName, type Millis } from '../names.ts'

/** One look at one host of a deployment. `facts` is null where the host could not be seen; `nth` counts the looks. */
export interface HostSeen {
  readonly facts: Pick<HostFacts, 'bootId' | 'docker' | 'containers' | 'portListening'> | null
  readonly healthy: boolean
  readonly nth: number
}

/** The container in which a deployment was seen serving on one host. */
const Known = z.object({ host: HostName, id: z.string(), startedAt: z.number().nullable(), boot: z.string().nullable() })

/** What is held of a deployment. It travels with the monitor's heartbeat, so that a loss is the same loss for whoever watches next. */
export const Standing = z.object({
  key: z.string(),
  /** Since when it has been seen serving, without a loss in between; null: never yet. */
  since: z.number().nullable(),
  known: z.array(Known),
  /** Its loss has been told, and it has not served since. */
  told: z.boolean(),
})
export type Standing = z.infer<typeof Standing>

/** A host on which it does not serve any more, seen in so many looks in a row. */
export interface Doubt {
  readonly host: HostName
  readonly nth: number
  readonly times: number
  readonly cause: string
}

/** A loss is believed when two looks in a row have shown it. */
const enoughLooks = 2

/** The name of a deployment among all that there ever were on its hosts. */
export const keyOf = ({ swapId, fence, container, hosts }: Pick<Deployment, 'swapId' | 'fence' | 'container' | 'hosts'>): string =>
  `${swapId ?? `adopted ${container ?? ''}`} ${fence} ${hosts.join(',')}`

export const neverServed = (key: string): Standing => ({ key, since: null, known: [], told: false })

/** Why it cannot serve there any more, in words; null while it may. What could not be seen says nothing. */
function goneOn(deployment: Deployment, host: HostName, { facts, healthy }: HostSeen, { known }: Standing): string | null {
  if (facts === null) return null
  const before = known.find((one) => one.host === host)
  const rebooted = before?.boot != null && facts.bootId !== null && facts.bootId !== before.boot
  const because = (words: string): string => (rebooted ? `${host} was restarted: ${words}` : words)
  const named = containerOf(deployment, facts.containers)
  if (deployment.container !== null && facts.docker.ok) {
    if (named === undefined) return because(`its container is gone from ${host}`)
    if (!named.running) return because(`its container on ${host} is ${named.status}, with exit code ${named.exitCode}`)
    if (before !== undefined && named.id !== before.id) return because(`another container has its name on ${host}`)
    if (before !== undefined && named.startedAt !== before.startedAt) return null // started anew, and still loading perhaps
  }
  if (host !== deployment.hosts[0] || healthy || facts.portListening !== false) return null
  return because(
    deployment.container === null
      ? 'nothing listens on its port any more'
      : 'its engine ended: nothing listens on its port, though its container runs',
  )
}

const containerOf = ({ container }: Deployment, containers: readonly HostContainer[]): HostContainer | undefined =>
  containers.find((one) => one.name === container)

/** The doubts after one more round of looks; a look that was counted before is not counted again. */
export function doubtsAfter(
  before: readonly Doubt[],
  deployment: Deployment,
  standing: Standing,
  seen: ReadonlyMap<HostName, HostSeen>,
): readonly Doubt[] {
  return deployment.hosts.flatMap((host): Doubt[] => {
    const now = seen.get(host)
    const held = before.find((one) => one.host === host)
    if (now === undefined || now.nth === held?.nth) return held === undefined ? [] : [held]
    const cause = goneOn(deployment, host, now, standing)
    return cause === null ? [] : [{ host, nth: now.nth, times: (held?.times ?? 0) + 1, cause }]
  })
}

/** The doubt that has become certain. */
export const certain = (doubts: readonly Doubt[]): Doubt | null => doubts.find(({ times }) => times >= enoughLooks) ?? null

/** What is held after it was seen serving: its head answers, and nothing is missing on any of its hosts. */
export function seenServing(before: Standing, deployment: Deployment, seen: ReadonlyMap<HostName, HostSeen>, at: Millis): Standing {
  const known = deployment.hosts.flatMap((host) => {
    const facts = seen.get(host)?.facts ?? null
    const container = facts === null ? undefined : containerOf(deployment, facts.containers)
    if (facts === null || container?.running !== true) return before.known.filter((one) => one.host === host)
    return [{ host, id: container.id, startedAt: container.startedAt, boot: facts.bootId }]
  })
  return { ...before, since: before.told || before.since === null ? at : before.since, known, told: false }
}
