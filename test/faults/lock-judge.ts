import { inWords, type Operation } from './lock-history.ts'
import { fenceOf, fencesOutOfOrder, tokenOf, twoHolders } from './lock-order.ts'
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
  // An explanation without those that got no answer and that nothing presupposes is one; and where it is found at all, it is found sooner.
  const short = new Search(withConsequence(inOrder), tolerance).run(freeLock(fence))
  const { stuck, state } = short.stuck === null ? short : new Search(inOrder, tolerance).run(freeLock(fence))
  const highest = Math.max(fence, state?.fence ?? 0, ...inOrder.map(fenceOf).filter((one) => one !== null))
  return { faults: [...plain, ...(stuck === null ? [] : [stuck])], fence: highest }
}

/** Tokens that some answer presupposes to have been granted. */
const tokensSeen = (operations: readonly Operation[]): ReadonlySet<string | null> =>
  new Set(operations.flatMap((one) => (one.told.kind === 'granted' || one.told.kind === 'released' ? [tokenOf(one)] : [])))

/** Without the operations that got no answer, of tokens that no answer presupposes. */
function withConsequence(operations: readonly Operation[]): readonly Operation[] {
  const seen = tokensSeen(operations)
  return operations.filter((one) => one.told.kind !== 'unknown' || tokenOf(one) === null || seen.has(tokenOf(one)))
}

/** To which moment the answerless operations of each token may have extended it, at most: a swap does to its end, which nobody knows. */
function extensions(operations: readonly Operation[], { open_ms, late_ms }: Tolerance): ReadonlyMap<string, number> {
  const latest = new Map<string, number>()
  for (const { asked, told, to_ms } of operations) {
    if (told.kind !== 'unknown' || !('token' in asked) || asked.token === null || asked.what === 'release') continue
    const until = asked.what === 'swap' ? Infinity : to_ms + open_ms + asked.ttl_ms + late_ms
    latest.set(asked.token, Math.max(until, latest.get(asked.token) ?? 0))
  }
  return latest
}

const endedSome = ({ asked, told }: Pick<Operation, 'asked' | 'told'>): boolean =>
  asked.what === 'force' && told.kind === 'released' && told.count > 0

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
  readonly #seenTokens: ReadonlySet<string | null>
  readonly #seen = new Set<string>()
  #deepest: Place | null = null

  constructor(operations: readonly Operation[], tolerance: Tolerance) {
    this.#operations = operations
    this.#tolerance = tolerance
    this.#seenTokens = tokensSeen(operations)
    const extended = extensions(operations, tolerance)
    this.#steps = operations.map((one) => ({
      ...one,
      to_ms: one.to_ms + (one.told.kind === 'unknown' ? tolerance.open_ms : 0),
      extendedBy_ms: extended.get(tokenOf(one) ?? '') ?? 0,
    }))
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
      const after = follow(place.state, { ...this.#step(taken), to_ms: this.#latest(place, taken) }, this.#tolerance)
      if (after === null || this.#wasForNothing(place.state, after, taken)) continue
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

  /** An operation takes effect before all that follow it, so before the first of those was over. */
  #latest({ done, base }: Place, taken: number): number {
    let { to_ms } = this.#step(taken)
    for (let index = base; index < this.#steps.length && this.#step(index).from_ms < to_ms; index += 1)
      if (!done.has(index) && !this.#isOptional(index)) to_ms = Math.min(to_ms, this.#step(index).to_ms)
    return to_ms
  }

  /** Ends a grant that nobody ever saw: without it, all that follows could have been the same. */
  #wasForNothing(before: LockState, after: LockState, taken: number): boolean {
    if (endedSome(this.#step(taken))) return false
    const unseen = before.held.filter(({ token, fence }) => fence === null && !this.#seenTokens.has(token))
    return unseen.some((held) => !after.held.some((still) => still.token === held.token))
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
