import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, Command } from '../../../domain/arbitration/command.ts'
import { decide, resume, take, type Notice } from '../../../domain/arbitration/decide.ts'
import { affectedBy } from '../../../domain/arbitration/deployments.ts'
import { freshState, overlap, type ArbiterState } from '../../../domain/arbitration/state.ts'
import type { Effect } from '../../../domain/arbitration/step.ts'
import { acquire, claim, command, deployment, hash, start, swap } from './commands.ts'

const names = ['spark-1', 'spark-2', 'spark-3']
const hosts = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
const who = fc.constantFrom('ann', 'bob', 'cron')
const maybeToken = fc.option(who.map(hash), { nil: null })
const swapId = fc.integer({ min: 0, max: 12 }).map((n) => `swap-${String(n).padStart(4, '0')}`)
const claimId = fc.constantFrom('claim-1', 'claim-2')

const asked: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ who, hosts: fc.option(hosts, { nil: null }), ttlS: fc.integer({ min: 10, max: 90 }) }).map((r) => acquire(r.who, r)),
  },
  { weight: 1, arbitrary: who.map((name) => command('extend', { tokenHash: hash(name), ttlS: 30 })) },
  { weight: 1, arbitrary: who.map((name) => command('release', { tokenHash: hash(name) })) },
  { weight: 1, arbitrary: fc.option(hosts, { nil: null }).map((some) => command('force_release', { reason: 'why', hosts: some })) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        swapId,
        hosts,
        tokenHash: maybeToken,
        onBusy: fc.constantFrom('reject' as const, 'queue' as const),
        force: fc.boolean(),
        late: fc.boolean(),
      })
      .map(({ swapId: id, hosts: some, late, ...rest }) =>
        swap(id, some, { ...rest, reason: 'why', queueLimitS: 100, ...(late && { notAfter: start - 1 }) }),
      ),
  },
  { weight: 1, arbitrary: swapId.map((id) => command('withdraw', { swapId: id, reason: 'why' })) },
  { weight: 1, arbitrary: swapId.map((id) => command('still_waiting', { swapId: id })) },
  { weight: 1, arbitrary: fc.record({ swapId, hosts }).map((r) => command('widen', r)) },
  { weight: 2, arbitrary: fc.record({ claimId, hosts, tokenHash: maybeToken }).map((r) => claim(r.claimId, r.hosts, { tokenHash: r.tokenHash })) },
  { weight: 1, arbitrary: claimId.map((id) => command('end_claim', { claimId: id })) },
  { weight: 1, arbitrary: swapId.map((id) => command('report_closed', { closed: [{ workflowId: `swap/demo/${id}`, status: 'terminated' }] })) },
)

/** What may happen between two batches. `pick` chooses among what is under way. */
type Event =
  | { readonly kind: 'batch'; readonly commands: readonly Command[] }
  | { readonly kind: 'time'; readonly byMs: number }
  | { readonly kind: 'confirm_start' | 'new_run'; readonly pick: number }
  | { readonly kind: 'end'; readonly pick: number; readonly left: 'target' | 'previous' | 'empty' | 'unknown' }
  | { readonly kind: 'surveyed'; readonly pick: number; readonly reachable: boolean; readonly fenceAhead: number }

const pick = fc.nat(9)
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.array(asked, { minLength: 1, maxLength: 4 }).map((commands) => ({ kind: 'batch' as const, commands })) },
  { weight: 2, arbitrary: fc.integer({ min: -60_000, max: 60_000 }).map((byMs) => ({ kind: 'time' as const, byMs })) },
  { weight: 2, arbitrary: pick.map((n) => ({ kind: 'confirm_start' as const, pick: n })) },
  { weight: 1, arbitrary: pick.map((n) => ({ kind: 'new_run' as const, pick: n })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ pick, left: fc.constantFrom('target' as const, 'previous' as const, 'empty' as const, 'unknown' as const) })
      .map((r) => ({ kind: 'end' as const, ...r })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ pick, reachable: fc.boolean(), fenceAhead: fc.integer({ min: -10, max: 1_000_000 }) })
      .map((r) => ({ kind: 'surveyed' as const, ...r })),
  },
)

/** Runs the arbiter's shell without Temporal, and looks after each step whether its promises hold. */
class World {
  state: ArbiterState = freshState('demo', names, start)
  now = start
  /** Workflows whose start is not confirmed yet. */
  starts: string[] = []
  readonly fences: number[] = []
  readonly told = new Set<string>()

  constructor() {
    this.take({ kind: 'recovered', found: { hosts: names, registeredAttributes: [], swaps: [] } })
  }

  meet(what: Event): void {
    switch (what.kind) {
      case 'batch':
        return this.batch(what.commands)
      case 'time':
        this.now += what.byMs
        return this.take({ kind: 'woken' })
      case 'confirm_start': {
        const id = this.starts[what.pick % this.starts.length]
        this.starts = this.starts.filter((one) => one !== id)
        return id === undefined ? undefined : this.take({ kind: 'swap_started', swapId: id })
      }
      case 'new_run': // A7: only when every start is confirmed
        return this.starts.length > 0 ? undefined : this.settle(this.state, resume(JSON.parse(JSON.stringify(this.state)) as ArbiterState, this.now))
      case 'end': {
        const running = this.state.active.filter((one) => one.started)
        const ended = running[what.pick % running.length]
        if (ended === undefined) return
        const left = Object.fromEntries(ended.go.affectedHosts.map((host) => [host, what.left]))
        const deployments = what.left === 'target' ? [deployment('qwen', [...ended.hosts], { swapId: ended.swapId })] : []
        return this.take({ kind: 'swap_ended', end: { swapId: ended.swapId, outcome: 'completed', left, deployments } })
      }
      case 'surveyed': {
        const under = this.state.hosts.filter((entry) => entry.survey !== null)
        const entry = under[what.pick % under.length]
        if (entry?.survey == null) return
        const found = {
          host: entry.host,
          reachable: what.reachable,
          cause: null,
          code: null,
          fence: Math.max(0, entry.survey.fence + what.fenceAhead),
          foreignCluster: null,
          deployment: null,
          strays: [],
        }
        return this.take({ kind: 'surveyed', surveyId: entry.survey.id, found })
      }
    }
  }

  batch(commands: readonly Command[]): void {
    for (const one of commands) {
      const before = this.state
      const decision = decide(before, [one], this.now)
      const [answer] = decision.reply.answers
      this.settle(before, decision)
      if (answer === undefined) throw new Error('no answer')
      if (answer.kind === 'refused' || answer.kind === 'expired') expect(decision.effects).toEqual([])
      this.repeat(one, answer)
    }
  }

  /** A5: the same command once more changes nothing, and has no effect that the first had not. */
  repeat(one: Command, answer: Answer): void {
    const again = decide(this.state, [one], this.now)
    if (answer.kind === 'refused' || one.type === 'report_closed') return
    expect(again.effects.filter((effect) => effect.kind !== 'cancel_swap')).toEqual([])
    expect(again.state).toEqual(decide(this.state, [], this.now).state)
  }

  take(notice: Notice): void {
    this.settle(this.state, take(this.state, notice, this.now))
  }

  settle(before: ArbiterState, { state, effects }: { state: ArbiterState; effects: readonly Effect[] }): void {
    this.state = state
    for (const effect of effects) this.carryOut(effect)
    expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    expect(state.clock).toBeGreaterThanOrEqual(before.clock)
    expect(state.fence).toBeGreaterThanOrEqual(before.fence)
    this.oneEach(state.reservations.map((held) => held.hosts)) // I2
    this.oneEach([
      ...state.active.map((one) => one.go.affectedHosts),
      ...state.claims.map((one) => one.hosts),
      ...state.hosts.filter((entry) => entry.survey !== null && entry.state === 'surveying').map((entry) => [entry.host]),
    ]) // I1
    this.inOrder(before, state)
  }

  carryOut(effect: Effect): void {
    if (effect.kind === 'start_swap') this.starts.push(effect.swap.swapId)
    if (effect.kind === 'survey') this.higher(effect.fence)
    if (effect.kind === 'send_go') {
      expect(this.starts).not.toContain(effect.swapId) // G4
      if (!this.told.has(effect.swapId)) this.higher(effect.go.fence, true)
      this.told.add(effect.swapId)
    }
  }

  /** No fence is granted twice; what is granted later is higher, but a `go` may be sent after a later grant was made elsewhere. */
  higher(fence: number, mayBeOlder = false): void {
    expect(this.fences).not.toContain(fence)
    if (!mayBeOlder) expect(fence).toBeGreaterThan(Math.max(0, ...this.fences))
    this.fences.push(fence)
  }

  oneEach(lists: readonly (readonly string[])[]): void {
    expect(lists.flat().length).toBe(new Set(lists.flat()).size)
  }

  /** Whoever got its turn shared no host with one that waited before it, and still waits. */
  inOrder(before: ArbiterState, after: ArbiterState): void {
    for (const one of after.active.filter((running) => before.queue.some((waiting) => waiting.swapId === running.swapId))) {
      const place = before.queue.findIndex((waiting) => waiting.swapId === one.swapId)
      const passed = before.queue.slice(0, place).filter((waiting) => after.queue.some((still) => still.swapId === waiting.swapId))
      for (const waiting of passed) expect(overlap(affectedBy(after, waiting.hosts), one.go.affectedHosts)).toBe(false)
    }
  }
}

test('whatever is asked and happens, in whatever order, with the clock stepping back: one holder and one change per host, fences only rise, nobody is passed, repeats do nothing', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const world = new World()
      for (const one of events) world.meet(one)
    }),
    { numRuns: 1_500 },
  )
})

test('no reservation ends before its time, however the server’s clock steps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -120_000, max: 5_000 }), { maxLength: 30 }), (steps) => {
      let state = decide(freshState('demo', names, start), [acquire('ann', { ttlS: 60 })], start).state
      let now = start
      let passed = 0 // at most so much time has really passed
      for (const step of steps) {
        now += step
        passed += Math.max(0, step)
        state = take(state, { kind: 'woken' }, now).state
        expect(state.reservations.length).toBe(passed < 60_000 ? 1 : state.reservations.length)
      }
    }),
    { numRuns: 1_000 },
  )
})
