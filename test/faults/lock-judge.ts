import { inWords, type Operation } from './lock-history.ts'
import { follow, freeLock, type LockState, type Step, type Tolerance } from './lock-model.ts'

/** Two processes of one machine agree on time to well below `early_ms`; an operation that got no answer is refused by its `not_after` after 4.5 s. */
export const usualTolerance: Tolerance = { early_ms: 150, late_ms: 2_000, open_ms: 15_000 }

/** More than any right history of ours needs; a wrong one is found to be wrong long before. */
const mostStates = 400_000

interface Verdict {
  /** What is wrong, in words; empty for a history that a right lock could have written. */
  readonly faults: readonly string[]
  /** The highest fence that was granted: a later part of the same lock's history begins with it. */
  readonly fence: number
}

/**
 * Judges a history of lock operations against mutual exclusion per host, TTLs and growing fences. Whatever it finds is certain: where times leave room, it
 * gives the lock the benefit. `fence` is the highest one before; nobody holds anything when the history begins.
 */
export function judge(operations: readonly Operation[], { fence = 0, tolerance = usualTolerance } = {}): Verdict {
  const inOrder = operations.toSorted((a, b) => a.from_ms - b.from_ms)
  const plain = [...fencesOutOfOrder(inOrder), ...twoHolders(inOrder, tolerance)]
  const { stuck, state } = new Search(inOrder, tolerance).run(freeLock(fence))
  const highest = Math.max(fence, state?.fence ?? 0, ...inOrder.map(fenceOf).filter((one) => one !== null))
  return { faults: [...plain, ...(stuck === null ? [] : [stuck])], fence: highest }
}

const fenceOf = ({ told }: Operation): number | null => (told.kind === 'granted' ? told.fence : null)
const isGrant = (operation: Operation): boolean => operation.told.kind === 'granted' && operation.asked.what === 'acquire'

/** Fences of two tokens that are the same, or that fall although one grant was over before the other was asked for. */
function fencesOutOfOrder(operations: readonly Operation[]): string[] {
  const grants = operations.filter((one) => isGrant(one) && fenceOf(one) !== null).toSorted((a, b) => a.to_ms - b.to_ms)
  const found: string[] = []
  const owners = new Map<number, Operation>()
  for (const grant of grants) {
    const fence = fenceOf(grant) ?? 0
    const other = owners.get(fence)
    if (other !== undefined && tokenOf(other) !== tokenOf(grant)) found.push(`one fence was granted twice: ${inWords(other)}; ${inWords(grant)}`)
    owners.set(fence, grant)
  }
  let highest: Operation | null = null
  let next = 0
  for (const grant of operations.filter((one) => isGrant(one) && fenceOf(one) !== null)) {
    for (let over = grants[next]; over !== undefined && over.to_ms < grant.from_ms; over = grants[++next])
      if ((fenceOf(over) ?? 0) > (highest === null ? 0 : (fenceOf(highest) ?? 0))) highest = over
    if (highest !== null && tokenOf(highest) !== tokenOf(grant) && (fenceOf(grant) ?? 0) < (fenceOf(highest) ?? 0) && isFirstOf(operations, grant))
      found.push(`a later grant has a lower fence: ${inWords(highest)}; ${inWords(grant)}`)
  }
  return found
}

const tokenOf = ({ asked }: Operation): string | null => ('token' in asked ? asked.token : null)

/** Whether nothing under this token, not even an operation without an answer, was asked before: else it may only say again what was granted then. */
const isFirstOf = (operations: readonly Operation[], grant: Operation): boolean =>
  operations.find((one) => one.asked.what === 'acquire' && tokenOf(one) === tokenOf(grant)) === grant

/** Times at which a token surely held a host: from the answer of a grant to the first thing that could have ended it. */
function twoHolders(operations: readonly Operation[], { early_ms, open_ms }: Tolerance): string[] {
  const found: string[] = []
  const surely = operations.filter(isGrant).map((grant) => ({ grant, until: surelyUntil(operations, grant, open_ms) - early_ms }))
  for (const [i, { grant, until }] of surely.entries()) {
    for (const other of surely.slice(i + 1)) {
      const [first, second] = grant.to_ms <= other.grant.to_ms ? [{ grant, until }, other] : [other, { grant, until }]
      if (tokenOf(first.grant) === tokenOf(second.grant) || !shareHosts(first.grant, second.grant)) continue
      if (second.grant.to_ms < first.until && second.grant.from_ms >= first.grant.to_ms)
        found.push(`two held at once: ${inWords(first.grant)}; ${inWords(second.grant)}`)
    }
  }
  return found
}

function surelyUntil(operations: readonly Operation[], grant: Operation, open_ms: number): number {
  if (grant.asked.what !== 'acquire') return 0
  let until = grant.from_ms + grant.asked.ttl_ms
  for (const { asked, told, from_ms, to_ms } of operations) {
    const over_ms = told.kind === 'unknown' ? to_ms + open_ms : to_ms
    if (over_ms < grant.from_ms || told.kind === 'stale' || told.kind === 'reserved' || told.kind === 'elsewhere') continue
    const ends = asked.what === 'release' ? asked.token === tokenOf(grant) : asked.what === 'force' && shareHosts(grant, { asked })
    if (ends) until = Math.min(until, from_ms)
  }
  return until
}

const hostsOf = (asked: Operation['asked']): readonly string[] => ('hosts' in asked ? asked.hosts : [])
const shareHosts = (a: Pick<Operation, 'asked'>, b: Pick<Operation, 'asked'>): boolean =>
  hostsOf(a.asked).some((host) => hostsOf(b.asked).includes(host))

/** One place in the search: what has taken effect so far, and what that left. */
interface Place {
  readonly state: LockState
  readonly done: ReadonlySet<number>
  /** All before it are done, or can't happen any more. */
  readonly base: number
  /** The latest beginning of all that is done. */
  readonly began_ms: number
  /** What may take effect next, the best guess first; taken from the end. */
  readonly next: number[]
}

/**
 * Looks for an order of effects that explains every answer (Wing and Gong's search with Lowe's memory of places already seen). An operation that changes nothing
 * is taken as soon as it fits, which loses no order: nothing that comes later can miss it.
 */
class Search {
  readonly #steps: readonly Step[]
  readonly #operations: readonly Operation[]
  readonly #tolerance: Tolerance
  readonly #seen = new Set<string>()
  #deepest: Place | null = null

  constructor(operations: readonly Operation[], tolerance: Tolerance) {
    this.#operations = operations
    this.#tolerance = tolerance
    this.#steps = operations.map((one) => ({ ...one, to_ms: one.to_ms + (one.told.kind === 'unknown' ? tolerance.open_ms : 0) }))
  }

  run(begin: LockState): { stuck: string | null; state: LockState | null } {
    const places = [this.#settle({ state: begin, done: new Set(), base: 0, began_ms: -Infinity, next: [] })]
    for (let place = places.at(-1); place !== undefined; place = places.at(-1)) {
      if (this.#isExplained(place)) return { stuck: null, state: place.state }
      const taken = place.next.pop()
      if (taken === undefined) {
        places.pop()
        continue
      }
      const after = follow(place.state, this.#step(taken), this.#tolerance)
      if (after === null) continue
      const then = this.#settle(this.#take(place, taken, after))
      const key = keyOf(then)
      if (this.#seen.has(key)) continue
      if (this.#seen.size > mostStates) return { stuck: `not decided after ${mostStates} places; ${this.#whereStuck()}`, state: null }
      this.#seen.add(key)
      places.push(then)
    }
    return { stuck: `no order of effects explains the answers; ${this.#whereStuck()}`, state: null }
  }

  #step(index: number): Step {
    const step = this.#steps[index]
    if (step === undefined) throw new RangeError(`no operation ${index}`)
    return step
  }

  #isOptional(index: number): boolean {
    return this.#step(index).told.kind === 'unknown'
  }

  /** Takes what changes nothing, then finds what may come next. */
  #settle(from: Place): Place {
    let place = from
    for (;;) {
      const open = this.#mayComeNext(place)
      const calm = open.find((index) => this.#isCalm(place, index, open))
      if (calm === undefined) {
        const next = [...open.filter((index) => this.#isOptional(index)).reverse(), ...open.filter((index) => !this.#isOptional(index)).reverse()]
        const settled = { ...place, next }
        if (this.#deepest === null || settled.began_ms >= this.#deepest.began_ms) this.#deepest = settled
        return settled
      }
      place = this.#take(place, calm, place.state)
    }
  }

  /** Changes nothing, and shuts nobody out whose answer is unknown. */
  #isCalm({ state }: Place, index: number, open: readonly number[]): boolean {
    const step = this.#step(index)
    if (this.#isOptional(index) || follow(state, step, this.#tolerance) !== state) return false
    return !open.some((other) => this.#isOptional(other) && this.#step(other).to_ms < step.from_ms)
  }

  /** All that was begun before the first of those that must still happen was over. */
  #mayComeNext({ done, base, began_ms }: Place): number[] {
    const open: number[] = []
    let firstEnd_ms = Infinity
    for (let index = base; index < this.#steps.length; index += 1) {
      const { from_ms, to_ms } = this.#step(index)
      if (from_ms > firstEnd_ms) break
      if (done.has(index)) continue
      if (this.#isOptional(index)) {
        if (to_ms >= began_ms) open.push(index)
        continue
      }
      firstEnd_ms = Math.min(firstEnd_ms, to_ms)
      open.push(index)
    }
    return open.filter((index) => this.#step(index).from_ms <= firstEnd_ms)
  }

  #take(place: Place, index: number, state: LockState): Place {
    const done = new Set(place.done).add(index)
    const began_ms = Math.max(place.began_ms, this.#step(index).from_ms)
    let { base } = place
    for (; base < this.#steps.length; base += 1) {
      const isPast = done.has(base) || (this.#isOptional(base) && this.#step(base).to_ms < began_ms)
      if (!isPast) break
      done.delete(base)
    }
    return { state, done, base, began_ms, next: [] }
  }

  #isExplained({ done, base }: Place): boolean {
    for (let index = base; index < this.#steps.length; index += 1) if (!done.has(index) && !this.#isOptional(index)) return false
    return true
  }

  /** The first operation that could not be placed on the longest way, and what was held there. */
  #whereStuck(): string {
    const place = this.#deepest
    if (place === null) return 'there is nothing to explain'
    const open = this.#mayComeNext(place).flatMap((index) => this.#operations[index] ?? [])
    const held = place.state.held.map(({ token, hosts, fence }) => `${token.slice(0, 8)} holds ${hosts.join('+')} with ${fence ?? '?'}`)
    return `with ${held.join(', ') || 'nothing held'} (highest fence ${place.state.fence}) none of these fits: ${open.slice(0, 8).map(inWords).join('; ')}`
  }
}

const keyOf = ({ state, done, base, began_ms }: Place): string => JSON.stringify([base, [...done].sort((a, b) => a - b), began_ms, state])
