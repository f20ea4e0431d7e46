import type { HostName, ModelKey, Sha256, SwapId } from '../names.ts'
import { launchIdentity } from '../model.ts'
import { toServerClock } from './clock.ts'
import type { Answer, Go, SwapCommand } from './command.ts'
import { affectedBy, displacedBy } from './deployments.ts'
import { stale } from './ended-tokens.ts'
import { forecast } from './forecast.ts'
import { freeHost, holdingsOf } from './free-host.ts'
import { endedSwap, isOfJoin, joinableAs, joinedBy, joinOf, rememberJoin } from './joins.ts'
import { awaited, hostsRefuse, occupied } from './occupancy.ts'
import { shortActor } from './outbox.ts'
import { expectedEnd } from './pace.ts'
import { heldByOthers, isStale, reservedBy } from './reservation-facts.ts'
import { forced, rememberUntil } from './reservations.ts'
import { sameHosts, type ActiveSwap, type ArbiterState, type Remembered, type WaitingSwap } from './state.ts'
import { answered, refused, type Refusal, type Step } from './step.ts'
import { tellJoined, tellServed } from './swap-events.ts'

/** The longest queue, all hosts together (A6). */
const longestQueue = 64
const freshLookMs = 10_000
const mostRemembered = 200

/**
 * The gate (ARBITER.md G1): every swap of every path passes here. In order: a repeat is answered as before (A5); the targets must be clear (G7), the hosts surveyed
 * and out of quarantine (E4, E5), nobody else's reservation on them (R4, or forced: G6); then it serves already (G7), starts, joins another's, waits in the
 * queue, or is `busy`.
 */
export function requestSwap(state: ArbiterState, command: SwapCommand): Step {
  const repeat = repeated(state, command)
  if (repeat !== null) return answered(state, repeat)
  const targets = targetsOf(state, command)
  if ('kind' in targets) return answered(state, targets)
  const affected = affectedBy(state, targets)
  const refusal = hostsRefuse(state, targets, affected) ?? reservationRefuses(state, command, affected)
  if (refusal !== null) return answered(state, refusal)
  const busy = occupied(state, affected) ?? awaited(state, affected)
  if (busy === null) {
    const serving = alreadyServing(state, command, targets)
    if (serving !== null) return answered(tellServed(state, command, targets), serving)
  } else {
    if (command.onBusy === 'reject') return answered(state, refused('busy', { busy, hosts: busy.hosts }))
    const joined = joinedBy(state, command, targets)
    if (joined !== null) return join(state, command, joined)
    if (state.queue.length >= longestQueue) return answered(state, refused('queue_full', { busy }))
  }
  // only an accepted swap ends what it overrode (G6)
  const { tokenHash, reason, swapId, holder, by = null } = command
  const free = forced(state, heldByOthers(state, affected, tokenHash), { by, reason, swap: { swapId, holder } })
  return accept(free, command, targets, busy !== null)
}

function join(state: ArbiterState, command: SwapCommand, swap: WaitingSwap): Step {
  const { swapId, schedule, by = null } = command
  const told = schedule === null ? state : tellJoined(state, swapId, schedule, by, swap)
  return answered(rememberJoin(told, command, swap.swapId), joinedAnswer(state, swap.swapId, swap.hosts))
}

const joinedAnswer = (state: ArbiterState, swapId: SwapId, hosts: readonly HostName[] | null): Answer => {
  const now = standing(state, swapId) ?? endedSwap(swapId, hosts)
  return { ...now, joined: true }
}

/** An id that is known answers as it did, with where it stands now; another request under the same id is told so (A5). */
function repeated(state: ArbiterState, { swapId, requestHash, hosts }: SwapCommand): Answer | null {
  const joined = joinOf(state, swapId)
  if (joined !== undefined) return isOfJoin(joined, requestHash) ? joinedAnswer(state, joined.swapId, hosts) : refused('id_reused')
  const known = [...state.active, ...state.queue].find((swap) => swap.swapId === swapId)
  const memory = state.remembered.find((one) => one.id === swapId)
  if ((known ?? memory) === undefined) return null
  if ((known?.requestHash ?? memory?.requestHash) !== requestHash) return refused('id_reused')
  const gone = state.withdrawn.find((one) => one.swapId === swapId)
  if (gone !== undefined) return refused(gone.code, { message: gone.message })
  return standing(state, swapId) ?? memory?.answer ?? null
}

/** Where an accepted swap stands, in the words of its acceptance. */
export function standing(state: ArbiterState, swapId: string): Extract<Answer, { kind: 'accepted' }> | null {
  const running = state.active.find((swap) => swap.swapId === swapId)
  if (running !== undefined) return { kind: 'accepted', swapId, state: 'running', fence: running.go.fence, hosts: running.hosts, position: null }
  const place = state.queue.findIndex((swap) => swap.swapId === swapId)
  const waiting = state.queue[place]
  if (waiting === undefined) return null
  const expectedStartAt = forecast(state).get(swapId)?.startAt ?? null
  return { kind: 'accepted', swapId, state: 'queued', fence: null, hosts: waiting.hosts, position: place + 1, expectedStartAt }
}

/** Where a model goes that may go anywhere, decided in the same moment as everything else: two that ask at once do not get the same host. */
function anyFree(state: ArbiterState, model: ModelKey, tokenHash: Sha256 | null): readonly HostName[] | Refusal {
  const chosen = freeHost(holdingsOf(state, tokenHash), model)
  if (chosen.kind === 'hosts') return chosen.hosts
  if (chosen.kind === 'surveying' || state.hosts.length === 0) return refused('surveying', { hosts: chosen.kind === 'surveying' ? chosen.hosts : [] })
  return refused('no_free_host', { message: chosen.message, hosts: state.hosts.map(({ host }) => host) })
}

/** G7: an unload that names no hosts is clear only when there is exactly one deployment. */
function targetsOf(state: ArbiterState, command: SwapCommand): readonly HostName[] | Refusal {
  if (command.anywhere === true && command.model !== null) return anyFree(state, command.model, command.tokenHash)
  if (command.hosts === null || command.hosts.length === 0) {
    const unseen = hostsRefuse(
      state,
      [],
      state.hosts.map((entry) => entry.host),
    )
    if (unseen?.code === 'surveying') return unseen // a host not looked at yet may hold the second one
    const [only, ...others] = state.deployments
    return only === undefined || others.length > 0 || command.model !== null ? refused('ambiguous_unload') : only.hosts
  }
  const unknown = command.hosts.filter((host) => !state.hosts.some((entry) => entry.host === host))
  if (unknown.length === 0) return [...new Set(command.hosts)]
  return state.hosts.length === 0
    ? refused('surveying')
    : refused('unknown_host', { message: `no host is called ${unknown.join(', ')}`, hosts: unknown })
}

/** R4 and G6: someone else's reservation refuses, unless it is overridden with a reason; so does a token that is not current. */
function reservationRefuses(state: ArbiterState, command: SwapCommand, affected: readonly HostName[]): Refusal | null {
  if (command.force && command.reason !== null) return null
  const [other] = heldByOthers(state, affected, command.tokenHash)
  if (other !== undefined) return reservedBy(state, other)
  return isStale(state.reservations, command.tokenHash) ? stale(state, command.tokenHash) : null
}

/** G7: the same model with the same knobs on the same hosts, seen healthy a moment ago. */
function alreadyServing(state: ArbiterState, command: SwapCommand, targets: readonly HostName[]): Answer | null {
  const { model, restart, look, identity } = command
  if (model === null || restart || look === null || !look.healthy || look.ageMs > freshLookMs) return null
  const deployment = state.deployments.find((one) => one.model === model && sameHosts(one.hosts, targets))
  if (deployment?.snapshot == null || deployment.validatedAt === null || launchIdentity(deployment.snapshot) !== identity) return null
  return { kind: 'already_serving', deployment }
}

/** G3: from here on the swap is a workflow, be it in the queue or told to go as soon as its start is confirmed (G4). */
function accept(state: ArbiterState, command: SwapCommand, hosts: readonly HostName[], mustWait: boolean): Step {
  const { swapId, model, tokenHash, holder, schedule, reason, onFailure, onDrainTimeout, drainS, deadlineS, queueLimitS, requestHash } = command
  const swap: WaitingSwap = {
    ...{ swapId, model, tokenHash, onFailure, onDrainTimeout, drainS, deadlineS, queueLimitS, requestHash },
    holder: holder?.slice(0, 120) ?? null,
    schedule: schedule?.slice(0, 120) ?? null,
    reason: reason?.slice(0, 500) ?? null,
    hosts,
    acceptedAt: state.clock,
    started: false,
    by: command.by === undefined ? null : shortActor(command.by),
    joinable: joinableAs(command),
    ...(command.ignoreEstimate === true && { ignoreEstimate: true }),
  }
  const placed = mustWait ? { ...state, queue: [...state.queue, swap] } : activate(state, swap)
  const answer = standing(placed, swapId) ?? refused('unexpected')
  return answered(remember(placed, { id: swapId, requestHash, answer, until: rememberUntil(command.notAfter) }), answer, [
    { kind: 'start_swap', swap },
  ])
}

/** G5: a swap's turn has come; now it gets its fence and occupies its affected hosts. */
export function activate(state: ArbiterState, swap: WaitingSwap): ArbiterState {
  const fence = state.fence + 1
  const affectedHosts = affectedBy(state, swap.hosts)
  const go: ActiveSwap['go'] = {
    fence,
    hosts: swap.hosts,
    affectedHosts,
    deadlineAt: toServerClock(state, state.clock) + swap.deadlineS * 1000,
    registeredAttributes: state.registeredAttributes,
  }
  const active: ActiveSwap = {
    ...swap,
    go,
    startedAt: state.clock,
    deadlineAt: state.clock + swap.deadlineS * 1000,
    phase: null,
    expectedEndAt: expectedEnd(state, swap.model),
  }
  // A survey that still tries to reach one of these hosts has lost its claim on it: what it finds would be a swap in the middle.
  const hosts = state.hosts.map((entry) =>
    affectedHosts.includes(entry.host) && entry.survey !== null ? { ...entry, survey: null, retryAt: state.clock } : entry,
  )
  return { ...state, fence, hosts, active: [...state.active, active] }
}

/** All that a swap is told with its turn. What it displaces is what its hosts were known to hold. */
export const goOf = (state: ArbiterState, { go }: ActiveSwap): Go => ({ ...go, displaced: displacedBy(state, go.affectedHosts) })

export const remember = (state: ArbiterState, one: Remembered): ArbiterState => ({
  ...state,
  remembered: [...state.remembered.filter((other) => other.id !== one.id), one].slice(-mostRemembered),
})
