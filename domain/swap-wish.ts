import type { SwapCommand } from './arbitration/command.ts'
import type { Actor } from './events.ts'
import { launchIdentity, type Model } from './model.ts'
import type { HostName, Millis, ModelKey, Sha256, SwapId } from './names.ts'
import type { Settings } from './settings.ts'
import type { HostLook } from './status.ts'
import { longestLaunchS, swapDeadlineS } from './swap-limits.ts'
import type { SwapBody } from './swap.ts'

/** What is known when somebody asks for a swap. Secrets are hashes already. */
export interface SwapPlea {
  readonly body: SwapBody
  /** null: unload */
  readonly model: Model | null
  /** null: an unload that names no hosts, or a model that may go `anywhere` */
  readonly hosts: readonly HostName[] | null
  /** The gate chooses a free host. */
  readonly anywhere?: boolean
  readonly swapId: SwapId
  readonly requestHash: Sha256
  readonly tokenHash: Sha256 | null
  readonly holder: string | null
  readonly schedule: string | null
  readonly force: boolean
  readonly look: SwapCommand['look']
  /** For the audit trail. */
  readonly by?: Actor
}

/** Settings and models as the files have them when somebody asks. */
interface CatalogNow {
  readonly settings: Settings
  readonly models: ReadonlyMap<string, Model>
}

/** The command for the gate (ARBITER.md G1), without its envelope. */
export function swapWish(plea: SwapPlea, { settings, models }: CatalogNow): Omit<SwapCommand, 'id' | 'notAfter'> {
  const { body, model } = plea
  const drainS = body.drain_s ?? settings.drain_s
  return {
    type: 'swap',
    swapId: plea.swapId,
    model: model?.key ?? null,
    identity: model === null ? null : launchIdentity(model),
    hosts: plea.hosts,
    ...(plea.anywhere === true && { anywhere: true }),
    tokenHash: plea.tokenHash,
    holder: plea.holder,
    schedule: plea.schedule,
    reason: body.reason ?? null,
    onFailure: body.on_failure,
    onBusy: body.on_busy,
    onDrainTimeout: body.on_drain_timeout,
    drainS,
    restart: body.restart,
    force: plea.force,
    deadlineS: swapDeadlineS(settings, model, drainS, longestLaunchS(settings, models.values())),
    queueLimitS: settings.queue_limit_s,
    look: plea.look,
    requestHash: plea.requestHash,
    ...(body.ignore_estimate && { ignoreEstimate: true }),
    ...(plea.by !== undefined && { by: plea.by }),
  }
}

/** The words that make two requests the same under one Idempotency-Key: everything that changes what is done. */
export const requestIdentity = (body: SwapBody, hosts: readonly HostName[] | null, schedule: string | null, force: boolean): string =>
  JSON.stringify([
    body.model,
    hosts,
    body.restart,
    body.on_failure,
    body.on_busy,
    body.drain_s ?? null,
    body.on_drain_timeout,
    body.reason ?? null,
    schedule,
    force,
    ...(body.ignore_estimate ? ['ignore_estimate'] : []),
  ])

/** What the memo of a swap keeps of its request. Swaps of before have no `requestHash`. */
export interface AskedBefore {
  readonly requestHash?: Sha256
  readonly model: ModelKey | null
  readonly hosts: readonly HostName[]
  readonly onFailure: SwapBody['on_failure']
  readonly onDrainTimeout: SwapBody['on_drain_timeout']
  readonly drainS: number
  readonly reason: string | null
  readonly schedule: string | null
}

/** Whether a request is the one that a swap was started by, by its hash; without one, by what is known of it. */
export function isRepeat(
  before: AskedBefore,
  { body, hosts, schedule, requestHash }: Pick<SwapPlea, 'body' | 'hosts' | 'schedule' | 'requestHash'>,
): boolean {
  if (before.requestHash !== undefined) return before.requestHash === requestHash
  return (
    before.model === body.model &&
    (hosts === null || before.hosts.join() === hosts.join()) &&
    before.onFailure === body.on_failure &&
    before.onDrainTimeout === body.on_drain_timeout &&
    (body.drain_s === undefined || before.drainS === body.drain_s) &&
    before.reason === (body.reason ?? null) &&
    before.schedule === schedule
  )
}

/**
 * The monitor's look at where a model would go (ARBITER.md G7): how old it is, and whether that very model answers there healthily.
 * null where a host was not seen.
 */
export function lookAt(model: Model, hosts: readonly HostName[], looks: readonly HostLook[], now: Millis): SwapCommand['look'] {
  const seen = hosts.map((host) => looks.find((look) => look.host === host))
  const head = seen[0]
  if (head === undefined) return null
  const ages = seen.map((look) => (look === undefined ? Infinity : Math.max(0, now - Date.parse(look.looked_at))))
  const ageMs = Math.max(...ages)
  if (ageMs === Infinity) return null
  const healthy =
    seen.every((look) => look?.reachable === true && hasPartOf(head, look)) && head.healthy && head.serving?.model_id === model.served_name
  return { ageMs, healthy }
}

/** The head's `/health` stays 200 without its workers: each host must have its own container of the swap that the head's is of. */
function hasPartOf(head: HostLook, look: HostLook): boolean {
  const swaps = head.containers.flatMap(({ running, swap_id }) => (running && swap_id !== null ? [swap_id] : []))
  return look === head || look.containers.some(({ running, swap_id }) => running && swap_id !== null && swaps.includes(swap_id))
}
