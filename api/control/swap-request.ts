import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConfigSource } from '../../config/load.ts'
import type { Answer, ArbiterView } from '../../domain/arbitration/command.ts'
import { freeHost, holdingsSeen } from '../../domain/arbitration/free-host.ts'
import { hostsTrouble } from '../../domain/launchers/parallelism.ts'
import type { Model } from '../../domain/model.ts'
import { rfc3339, type HostName, type Millis, type SwapId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { acceptedView, type SwapAnswer } from '../../domain/swap-answer.ts'
import { isRepeat, lookAt, requestIdentity, swapWish, type SwapPlea } from '../../domain/swap-wish.ts'
import type { PlanReport, SwapBody } from '../../domain/swap.ts'
import type { Caller, Control } from '../deps.ts'
import { actorOf, nameless } from '../caller.ts'
import { sha256 } from '../secrets.ts'
import type { Arbiter } from '../temporal/arbiter.ts'
import { runCheck } from '../temporal/checks.ts'
import type { TemporalLink } from '../temporal/link.ts'
import type { SwapSeen, Swaps } from '../temporal/swaps.ts'
import { clusterOf, hostsOf, modelOf, ready } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'
import { refusalOf } from './refused.ts'

type Asked = Pick<SwapPlea, 'body' | 'hosts' | 'schedule' | 'requestHash'>
type Accepted = Extract<Answer, { kind: 'accepted' }>

/** How long an accepted swap may take to appear before it is withdrawn (ARBITER.md G3). */
const appearsWithin_ms = 4_000
/** How long a request waits for a survey: with the arbiter's own limit it stays below the six seconds of A8. */
const surveyedWithin_ms = 1_400

/** Asking for a swap, a dry run, a check. */
export class SwapRequests implements Pick<Control, 'requestSwap' | 'checkModel'> {
  readonly #links: () => ClusterLink
  readonly #link: TemporalLink
  readonly #config: ConfigSource

  constructor(links: () => ClusterLink, link: TemporalLink, config: ConfigSource) {
    this.#links = links
    this.#link = link
    this.#config = config
  }

  async requestSwap(body: SwapBody, caller: Caller, { force = false }: { force?: boolean } = {}): Promise<SwapAnswer> {
    const state = ready(this.#config)
    const model = body.model === null ? null : modelOf(state, body.model)
    const anywhere = isAnywhere(model, body.hosts)
    const hosts = anywhere ? null : this.#hosts(model, body.hosts)
    if (force && body.reason === undefined) {
      throw new Problem('invalid_request', 'reason: is needed with ?force=true', {
        errors: [{ field: 'reason', message: 'is needed with ?force=true' }],
      })
    }
    if (body.dry_run) {
      const on = anywhere ? await this.#freeHost(model, caller.lockToken !== null) : hosts
      return { kind: 'planned', report: await this.#check(model, on, body.on_failure, body.ignore_estimate) }
    }

    const { arbiter, swaps, clusterId } = this.#links()
    const { schedule, lockToken, idempotencyKey } = caller
    const asked = { body, hosts, schedule, requestHash: sha256(requestIdentity(body, hosts, schedule, force)) }
    const swapId = idempotencyKey === null ? newSwapId() : `key-${sha256(`${clusterId}\n${idempotencyKey}`).slice(0, 32)}`
    if (idempotencyKey !== null) {
      const before = await seenBefore(swaps, swapId)
      if (before !== null) return await this.#repeated(before, asked)
    }
    const wish = swapWish(
      {
        ...asked,
        model,
        swapId,
        tokenHash: lockToken === null ? null : sha256(lockToken),
        holder: await holderOf(caller, hosts, arbiter),
        force,
        anywhere,
        look: await this.#look(model, hosts),
        by: actorOf(caller),
      },
      state,
    )
    const answer = await onceSurveyed(() => arbiter.ask(wish))
    if (answer.kind === 'already_serving') {
      const { deployment } = answer
      return {
        kind: 'already_serving',
        serving: {
          already_serving: true,
          model: deployment.model,
          hosts: [...deployment.hosts],
          swap_id: deployment.swapId,
          fence: deployment.fence,
          validated_at: deployment.validatedAt === null ? null : rfc3339(deployment.validatedAt),
        },
      }
    }
    if (answer.kind !== 'accepted') throw refusalOf(answer, arbiter)
    return accepted(await this.#appeared(answer), answer, arbiter.now())
  }

  async checkModel(key: string, hosts?: readonly string[]): Promise<PlanReport> {
    const model = modelOf(ready(this.#config), key)
    return await this.#check(model, isAnywhere(model, hosts) ? await this.#freeHost(model, false) : this.#hosts(model, hosts), 'restore')
  }

  /** Where it would go now. The gate chooses anew when it is asked, among all who ask. */
  async #freeHost(model: Model, holds: boolean): Promise<HostName[]> {
    const chosen = freeHost(holdingsSeen(await this.#links().arbiter.view(), holds), model.key)
    if (chosen.kind === 'hosts') return [...chosen.hosts]
    if (chosen.kind === 'surveying') throw new Problem('surveying', undefined, { hosts: chosen.hosts }, 3)
    throw new Problem('no_free_host', chosen.message)
  }

  /** What the monitor saw where it would go; of a model that may go anywhere, where it is. */
  async #look(model: Model | null, hosts: readonly HostName[] | null): Promise<SwapPlea['look']> {
    if (model === null) return null
    const { arbiter, looks } = this.#links()
    const on = hosts ?? (await arbiter.view()).deployments.find((one) => one.model === model.key)?.hosts
    return on === undefined ? null : lookAt(model, on, await looks.read(), Date.now())
  }

  #hosts(model: Model | null, named: readonly string[] | undefined): HostName[] | null {
    const hosts = named ?? model?.placement
    if (hosts === undefined) return null
    const known = hostsOf(clusterOf(this.#config), hosts)
    const trouble = model === null ? null : hostsTrouble(model, known.length)
    if (trouble !== null) throw new Problem(trouble.code, trouble.message)
    return known
  }

  async #check(model: Model | null, hosts: HostName[] | null, onFailure: 'restore' | 'leave', ignoreEstimate = false): Promise<PlanReport> {
    const { arbiter, clusterId } = this.#links()
    const view = await arbiter.view() // says at once when no worker would run it
    const unloaded = hosts ?? view.deployments[0]?.hosts
    if (unloaded === undefined || (hosts === null && view.deployments.length > 1)) throw new Problem('ambiguous_unload')
    const limit_s = this.#config.read().settings.preflight_s
    return await runCheck(this.#link, { clusterId, model: model?.key ?? null, hosts: unloaded, onFailure, ignoreEstimate }, limit_s)
  }

  /** The same key again, possibly days later: the swap that it named, if the request is the same. */
  async #repeated({ request, swap }: SwapSeen, asked: Asked): Promise<SwapAnswer> {
    if (request === null || !isRepeat(request, asked)) {
      throw new Problem('id_reused', `This key named swap ${swap.swap_id}, of another request`, { swap_id: swap.swap_id })
    }
    const { arbiter } = this.#links()
    const { queue, active } = swap.state === 'queued' ? await turnsOf(arbiter) : noTurns
    const place = queue.findIndex(({ swapId }) => swapId === swap.swap_id)
    // Its own record is a moment behind the arbiter.
    const now = active.some(({ swapId }) => swapId === swap.swap_id) ? { ...swap, state: 'running' as const } : swap
    const standing = { position: place < 0 ? null : place + 1, joined: false, expectedStartAt: queue[place]?.expectedStartAt ?? null }
    return { kind: 'accepted', swap: acceptedView(now, standing, arbiter.now()) }
  }

  /** Accepted means that its workflow is there (ARBITER.md G3): only then may a caller be told so. */
  async #appeared(answer: Accepted): Promise<SwapSeen> {
    const { arbiter, swaps } = this.#links()
    const until = performance.now() + appearsWithin_ms
    for (let pause_ms = 10; ; pause_ms = Math.min(200, pause_ms * 2)) {
      try {
        return await swaps.look(answer.swapId)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        if (performance.now() + pause_ms > until) {
          // One that was joined is another caller's to take back.
          if (answer.joined !== true) await arbiter.ask({ type: 'withdraw', swapId: answer.swapId, reason: 'its workflow did not appear' })
          throw error.code === 'unknown_swap' ? new Problem('worker_down', 'The swap could not be started; it was withdrawn', {}, 5) : error
        }
        await delay(pause_ms)
      } finally {
        swaps.forget()
      }
    }
  }
}

const isAnywhere = (model: Model | null, named: readonly string[] | undefined): model is Model => model?.anywhere === true && named === undefined

/** A fresh arbiter looks at its hosts for a moment. Whoever asks meanwhile is not sent away for that: nothing was done, so it is asked again. */
async function onceSurveyed(ask: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + surveyedWithin_ms
  for (;;) {
    const answer = await ask()
    if (answer.kind !== 'refused' || answer.code !== 'surveying' || performance.now() > until) return answer
    await delay(200)
  }
}

/** Whose swap it is, for others to read: by name, or by the lock that it comes under. A token that proves nothing is refused by the gate. */
async function holderOf({ name, lockToken }: Caller, hosts: readonly HostName[] | null, arbiter: Arbiter): Promise<string> {
  if (name !== null || lockToken === null) return name ?? nameless
  const { reservations } = await arbiter.view()
  return reservations.find((held) => hosts === null || held.hosts.some((host) => hosts.includes(host)))?.holder ?? nameless
}

/** Its record is a moment behind the gate: what the gate has just decided is told. */
function accepted({ swap }: SwapSeen, { state, fence, position, joined = false, expectedStartAt = null }: Accepted, now: Millis): SwapAnswer {
  const current = { ...swap, state: swap.state === 'queued' ? state : swap.state, fence: swap.fence ?? fence }
  return { kind: 'accepted', swap: acceptedView(current, { position, joined, expectedStartAt }, now) }
}

/** For a repeat, which is answered also while nobody can say where its swap stands. */
async function turnsOf(arbiter: Arbiter): Promise<Turns> {
  try {
    return await arbiter.view()
  } catch (error) {
    if (error instanceof Problem) return noTurns
    throw error
  }
}

type Turns = Pick<ArbiterView, 'queue' | 'active'>
const noTurns: Turns = { queue: [], active: [] }

async function seenBefore(swaps: Swaps, id: SwapId): Promise<SwapSeen | null> {
  try {
    return await swaps.look(id)
  } catch (error) {
    if (error instanceof Problem && error.code === 'unknown_swap') return null
    throw error
  }
}

/** Sortable by time and good to read aloud; the random half keeps two callers of one second apart. */
const newSwapId = (): SwapId => `${rfc3339(Date.now()).slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(4).toString('hex')}`
