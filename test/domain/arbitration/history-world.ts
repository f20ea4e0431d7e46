import { expect } from 'vitest'
import type { Answer, Command } from '../../../domain/arbitration/command.ts'
import { decide, resume, take, type Notice } from '../../../domain/arbitration/decide.ts'
import { affectedBy } from '../../../domain/arbitration/deployments.ts'
import { outboxOf } from '../../../domain/arbitration/outbox.ts'
import { freshState, overlap, type ArbiterState } from '../../../domain/arbitration/state.ts'
import type { Effect } from '../../../domain/arbitration/step.ts'
import { deployment, start } from './commands.ts'
import { names, type Event } from './histories.ts'
import { ToldStory } from './told-story.ts'

/** Runs the arbiter's shell without Temporal, and looks after each step whether its promises hold. */
export class World {
  state: ArbiterState = freshState('demo', names, start)
  now = start
  /** Workflows whose start is not confirmed yet. */
  starts: string[] = []
  readonly fences: number[] = []
  readonly told = new Set<string>()
  readonly story = new ToldStory()

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
      case 'awake':
        for (let s = 0; s < what.seconds; s++) {
          this.now += 1_000
          this.take({ kind: 'woken' })
        }
        return
      case 'drained':
        return this.take({ kind: 'drained', upTo: outboxOf(this.state).at(-1 - what.left)?.seq ?? 0 })
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
    this.story.goesOn(before, state)
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
